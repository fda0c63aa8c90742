"""Whether another process still lives."""

from __future__ import annotations

import os


def is_alive(process: int) -> bool:
    """Return whether a process of this id exists, whoever owns it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
