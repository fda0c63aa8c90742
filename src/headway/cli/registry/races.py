"""The clock of the registry's verbs, and how long they wait: for another one, and for the forge."""

from __future__ import annotations

import random
import time

from headway.cli.progress import say

_LONGEST_WAIT_S = 5.0


def now_s() -> int:
    """Return the time, in seconds since the epoch."""
    return int(time.time())


def wait(lost: int) -> None:
    """Wait longer the more attempts were lost, and not as long as the others do."""
    time.sleep(random.uniform(0.0, min(0.1 * 2**lost, _LONGEST_WAIT_S)))  # noqa: S311  no secret


def wait_for_forge(asked: int) -> None:
    """Wait until the forge may know which pull request brought a new commit: a minute in all for five waits."""
    if asked == 1:
        say("the forge knows no pull request of a new commit yet; asking again for a minute")
    time.sleep(2.0**asked)
