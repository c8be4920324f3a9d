"""What one worker remembers of a relay: enough to go on while Redis is away or was emptied."""

from newsletter.mail.relay_health import (
    GROW_SECONDS,
    LONGEST_SILENCE_SECONDS,
    ONE_SIGN_SECONDS,
    RECOVERED,
    STORM_SECONDS,
    Heard,
    Standing,
    silence_seconds,
)
from newsletter.mail.relay_reactions import Reaction
from newsletter.mail.relay_scripts import Clock

#: Among how many workers the rate is shared while Redis is away and never said: no more than a
#: machine usually runs, so that the rate is kept rather too low than too high.
ASSUMED_WORKERS = 8


class RelayMemory:
    """The relay as this worker last knew it."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._known_at = clock()
        self._silent_until = clock()
        self._grow_at = self._fell_at = float("-inf")
        self._refused: dict[str, float] = {}  # by fingerprint of the recipient
        self.workers = ASSUMED_WORKERS
        self.most = 0  # connections: of all workers with Redis, of this one without
        self.reaction = Reaction.NONE
        self.words = ""
        self.news = False  # whether a success would be the first after trouble
        self.untold: Reaction | None = None  # trouble that Redis has not heard of

    @property
    def silence(self) -> float:
        """Seconds that the silence still lasts."""
        return max(0.0, self._silent_until - self._clock())

    def learn(self, standing: Standing) -> None:
        """Take over what all workers share."""
        now = self._clock()
        self._known_at, self._silent_until = now, now + standing.silence
        self.workers, self.most = standing.workers, standing.most
        self.reaction, self.words, self.news = standing.reaction, standing.words, standing.news

    def fade(self) -> None:
        """Forget what is older than any silence."""
        if self._clock() - self._known_at > LONGEST_SILENCE_SECONDS:
            self.most, self.reaction, self.words = 0, Reaction.NONE, ""

    def note(self, heard: Heard, reaction: Reaction, words: str) -> None:
        """Take over what an answer led to."""
        self._known_at = self._clock()
        self._silent_until = self._known_at + heard.silence
        self.most = heard.most
        if reaction in (Reaction.SLOW_DOWN, Reaction.SILENCE, Reaction.PAUSE):
            self.reaction, self.words = reaction, words
        self.news = self.most > 0

    def hear_alone(self, reaction: Reaction, *, fingerprint: str, open_now: int) -> Heard:
        """Draw the conclusions without Redis; `open_now` is what this worker holds."""
        now = self._clock()
        silence, most = self.silence, self.most
        if reaction is Reaction.STOP:
            self._refused[fingerprint] = now
            recent = {one: at for one, at in self._refused.items() if now - at < STORM_SECONDS}
            self._refused = recent
        elif reaction is Reaction.WELL:
            if most and now >= self._grow_at:
                most, self._grow_at = most * 2 % RECOVERED, now + GROW_SECONDS
        elif reaction is Reaction.SLOW_DOWN:
            if now - self._fell_at >= ONE_SIGN_SECONDS:
                most, self._fell_at = max(1, open_now // 2), now
            self._grow_at = now + GROW_SECONDS
        else:
            silence, most = max(silence, float(silence_seconds(reaction)[0])), 1
            self._grow_at = now + silence + GROW_SECONDS
        return Heard(silence=silence, most=most, refused=len(self._refused))
