"""The two kinds of trouble a user can meet, and the exit codes that tell them apart."""

from __future__ import annotations

YES = 0
NO = 1
INPUT = 2
OUTSIDE = 3
INCONCLUSIVE = 4
BUG = 70
INTERRUPTED = 130


class HeadwayError(Exception):
    """A foreseen failure: one sentence with the value seen, and the next thing to do.

    Args:
        message: what is wrong, with file and line where there is one.
        hint: the next command or edit; empty when there is none.
    """

    exit_code = BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(HeadwayError):
    """The caller can fix it: params, data, a file that is not what it should be."""

    exit_code = INPUT


class OutsideError(HeadwayError):
    """Something outside failed (disk, network, GPU, a lock); the same command may work later."""

    exit_code = OUTSIDE
