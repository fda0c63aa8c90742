"""The clock of the registry's verbs, and how long they step back for another one."""

from __future__ import annotations

import random
import time

_LONGEST_WAIT_S = 5.0


def now_s() -> int:
    """Return the time, in seconds since the epoch."""
    return int(time.time())


def wait(lost: int) -> None:
    """Wait longer the more attempts were lost, and not as long as the others do."""
    time.sleep(random.uniform(0.0, min(0.1 * 2**lost, _LONGEST_WAIT_S)))  # noqa: S311  no secret
