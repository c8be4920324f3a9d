"""What one worker remembers of a relay: enough to go on while Redis is away or was emptied."""

from newsletter.mail.relay_health import (
    LONGEST_SILENCE_SECONDS,
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
        self._known_at = self._silent_until = clock()
        self._refused: dict[str, float] = {}  # by fingerprint of the recipient
        self.workers = ASSUMED_WORKERS
        self.most = 0  # connections: of all workers with Redis, of this one without; 0: no limit
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
        self._keep(silence=standing.silence, most=standing.most)
        self.workers, self.news = standing.workers, standing.news
        self.reaction, self.words = standing.reaction, standing.words

    def fade(self) -> None:
        """Forget what is older than any silence."""
        if self._clock() - self._known_at > LONGEST_SILENCE_SECONDS:
            self.most, self.reaction, self.words = 0, Reaction.NONE, ""

    def note(self, heard: Heard, reaction: Reaction, words: str) -> None:
        """Take over what an answer led to."""
        self._keep(silence=heard.silence, most=heard.most)
        self.news = self.news and reaction is not Reaction.WELL
        if reaction not in (Reaction.WELL, Reaction.STOP):
            self.reaction, self.words = reaction, words

    def hear_alone(self, reaction: Reaction, *, fingerprint: str) -> Heard:
        """Draw the conclusions without Redis: after any trouble one connection, till it is back."""
        now = self._clock()
        silence, most, refused = self.silence, self.most, 0
        if reaction is Reaction.STOP:
            recent = {one: at for one, at in self._refused.items() if now - at < STORM_SECONDS}
            self._refused = recent | {fingerprint: now}
            refused = len(self._refused)
        elif reaction is not Reaction.WELL:
            most, self.untold = 1, reaction
            if reaction is not Reaction.SLOW_DOWN:
                silence = max(silence, float(silence_seconds(reaction)[0]))
        return Heard(silence=silence, most=most, refused=refused)

    def _keep(self, *, silence: float, most: int) -> None:
        self._known_at = self._clock()
        self._silent_until = self._known_at + silence
        self.most = most
