"""What is the same for everybody is made once in two seconds."""

import time

import pytest

from newsletter.web.short_memory import SECONDS, ShortMemory


def test_a_text_is_made_once_and_again_when_it_has_aged(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = ShortMemory()
    texts = iter(["first", "second", "third"])
    clock = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert memory.recall("a", lambda: next(texts)) == "first"
    assert memory.recall("a", lambda: next(texts)) == "first"
    assert memory.recall("b", lambda: next(texts)) == "second"
    clock += SECONDS
    assert memory.recall("a", lambda: next(texts)) == "third"
