"""Faults: real processes, killed, frozen and starved. README.md says which test shows what."""

import pytest

pytest.register_assert_rewrite("tests.faults.books")
