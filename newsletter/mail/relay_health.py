"""A relay's health: how many connections it takes now, and until when it wants silence.

Shared over Redis, by the clock of Redis. What is well is not noted: no key means no trouble.
"""

from dataclasses import dataclass
from typing import Any

from redis import Redis

from newsletter.mail.relay_reactions import Reaction
from newsletter.mail.relay_scripts import RelayScripts, relay_key

#: Throttling asks for at least ten minutes without a mail (design of this service; Gmail and
#: Microsoft name no time). Asked for again right after it, the silence doubles, up to an hour.
SILENCE_SECONDS = 600
LONGEST_SILENCE_SECONDS = 3600
#: A refused sign-in or broken TLS is tried again so often: too rarely to look like guessing at
#: passwords, often enough that nobody waits long once it is mended.
PAUSE_SECONDS = 300
#: After a sign of trouble no connection is added for so long; then, with a success, the number
#: doubles at this interval.
GROW_SECONDS = 60
#: Answers within so many seconds are one sign of trouble: many connections hear it at once.
ONE_SIGN_SECONDS = 10
#: With so many connections a relay counts as recovered, and is not limited any more.
RECOVERED = 128
#: A worker that does not ask for so long has died, or holds no connection any more.
CLAIM_SECONDS = 60
#: Refusals are counted together for so long; so many recipients refused stop the relay. One or
#: two may be a recipient's own rule that the relay passes on.
STORM_SECONDS = 60
STORM_RECIPIENTS = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """How a relay stands, as one worker was told."""

    connections: int  # that this worker may hold
    workers: int  # that asked of late, this one included
    silence: float  # seconds it still lasts
    most: int  # connections of all workers together; 0 is no limit
    reaction: Reaction  # what the last trouble asked for
    words: str  # the answer that said so
    stop: str | None  # the answer that stopped the relay, "" if it is not; None: nobody looked
    news: bool  # whether the next success would be the first after trouble


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer led to."""

    silence: float
    most: int
    refused: int  # recipients within the last minute, if the answer was a refusal of us


class RelayHealth:
    """One worker's way to the shared health of one relay."""

    def __init__(self, *, relay: str, worker: str, scripts: RelayScripts) -> None:
        self._worker = worker
        self._scripts = scripts
        self._health = relay_key(relay, "health")
        self._workers = relay_key(relay, "workers")
        self._claims = relay_key(relay, "claims")
        self._refused = relay_key(relay, "refused")
        self.stop_key = relay_key(relay, "stop")

    def claim(
        self, wanted: int, *, silence: float, most: int, reaction: Reaction, words: str
    ) -> Standing | None:
        """Ask for connections; None while Redis is away.

        Args:
            silence, most, reaction, words: what this worker remembers, should Redis have been
                emptied meanwhile.
        """
        answer = self._scripts.run(
            "claim",
            keys=[self._health, self._workers, self._claims, self.stop_key],
            args=[
                *(self._worker, wanted, CLAIM_SECONDS * 1000, GROW_SECONDS * 1000, RECOVERED),
                *(int(silence * 1000), most, reaction.value, words),
                LONGEST_SILENCE_SECONDS * 1000,
            ],
        )
        if answer is None:
            return None
        granted, workers, silent, limit, last, said, stop, news = answer
        return Standing(
            connections=int(granted),
            workers=int(workers),
            silence=int(silent) / 1000,
            most=int(limit),
            reaction=Reaction(_text(last)),
            words=_text(said),
            stop=None if stop is None else _text(stop),
            news=bool(news),
        )

    def hear(self, reaction: Reaction, *, words: str, fingerprint: str) -> Heard | None:
        """Note an answer for all workers; None while Redis is away."""
        shortest, longest = silence_seconds(reaction)
        answer = self._scripts.run(
            "heard",
            keys=[self._health, self._claims, self._refused],
            args=[
                *(reaction.value, words, shortest * 1000, longest * 1000),
                *(GROW_SECONDS * 1000, ONE_SIGN_SECONDS * 1000),
                *(fingerprint, STORM_SECONDS * 1000),
            ],
        )
        if answer is None:
            return None
        return Heard(silence=int(answer[0]) / 1000, most=int(answer[1]), refused=int(answer[2]))


def silence_seconds(reaction: Reaction) -> tuple[int, int]:
    """Return the shortest and the longest silence that a reaction asks for."""
    if reaction is Reaction.PAUSE:
        return PAUSE_SECONDS, PAUSE_SECONDS
    return SILENCE_SECONDS, LONGEST_SILENCE_SECONDS


def reopen(redis: "Redis", *, relay: str) -> None:
    """Let a released relay begin with one connection.

    Raises:
        redis.RedisError: workers find out by the database, within half a minute.
    """
    seconds, _ = redis.time()
    health = relay_key(relay, "health")
    begin: dict[Any, Any] = {"most": 1, "good": 0, "silent_until": 0, "grow_at": seconds * 1000}
    with redis.pipeline() as pipe:
        pipe.hset(health, mapping={**begin, "reaction": "stop", "silences": 0})
        pipe.expire(health, 24 * 3600)
        pipe.delete(relay_key(relay, "refused"), relay_key(relay, "stop"))
        pipe.execute()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
