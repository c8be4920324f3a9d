"""Where the processor time of a sending goes: each moment belongs to the innermost section."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import Any, cast

from newsletter.mail.mailer import Mailer
from newsletter.mail.outgoing import OutgoingMail

#: Sections; what is none of the others – lease, read, journal, record – is REST.
REST, SMTP, STAMPING = "rest", "smtp", "stamping"


class Sections:
    """Adds up the time of nested sections. A mark costs about half a microsecond."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._stack = [REST]
        self._since = clock()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count the block as `name`, but for what it hands to inner sections."""
        self._enter(name)
        try:
            yield
        finally:
            self._leave()

    def seconds(self) -> dict[str, float]:
        """Return the seconds of every section so far."""
        self._mark()
        return dict(self._seconds)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, its time counted as `name`."""

        @wraps(function)
        def counted(*args: Any, **keywords: Any) -> Any:
            self._enter(name)
            try:
                return function(*args, **keywords)
            finally:
                self._leave()

        return counted

    def _enter(self, name: str) -> None:
        self._mark()
        self._stack.append(name)

    def _leave(self) -> None:
        self._mark()
        self._stack.pop()

    def _mark(self) -> None:
        moment = self._clock()
        self._seconds[self._stack[-1]] += moment - self._since
        self._since = moment


class _MeasuredMailer:
    """Counts the time inside another mailer as SMTP, and what it pulls as the caller's."""

    def __init__(self, inner: Mailer, sections: Sections) -> None:
        self._inner = inner
        self._sections = sections

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Any]:
        with closing(cast(Any, self._inner.send(self._pulled(mails)))) as answers:
            while True:
                with self._sections.of(SMTP):
                    answer = next(answers, None)
                if answer is None:
                    return
                yield answer

    def _pulled(self, mails: Iterable[OutgoingMail]) -> Iterator[OutgoingMail]:
        left = iter(mails)
        while True:
            with self._sections.of(REST):
                mail = next(left, None)
            if mail is None:
                return
            yield mail

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def measured(mailer: Mailer, sections: Sections) -> Mailer:
    """Return the mailer with its time counted."""
    return cast(Mailer, _MeasuredMailer(mailer, sections))
