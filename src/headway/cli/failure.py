"""Turns every failure into one sentence, a hint and the right exit code."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from headway.errors import BUG, INTERRUPTED, HeadwayError, InputError, OutsideError

FAILURE_FILE = "HEADWAY_FAILURE_FILE"
"""Environment variable: where a stage also leaves its failure, so that `headway repro` can show it last."""

_OUTSIDE = {
    errno.ENOSPC: "free some space, then run it again: nothing was half-written",
    errno.EDQUOT: "free some of your quota, then run it again: nothing was half-written",
    errno.EROFS: "the file system is read-only; work in a folder that you can write to",
    errno.EACCES: "check who owns it and its mode; work in a folder that you can write to",
    errno.EPERM: "check who owns it and its mode; work in a folder that you can write to",
}

_INPUT = {
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "name a path whose folders are folders",
    errno.EISDIR: "name a file, not a folder",
    errno.EEXIST: "name another path, or move what lies there away",
}


@contextmanager
def guarded(*, debug: bool = False) -> Iterator[None]:
    """End the process with the exit code of whatever the block raises, after saying what it was."""
    try:
        yield
    except HeadwayError as error:
        _end(error, error.exit_code, debug=debug)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        failure = foreseen(error)
        if failure is None:
            _end_with_bug(error)
        else:
            _end(failure, failure.exit_code, debug=debug)
    except Exception as error:
        _end_with_bug(error)


def foreseen(error: OSError) -> HeadwayError | None:
    """Return an operating system's failure as a sentence with its hint, or None if nobody could foresee it."""
    number = error.errno or 0
    if number in _INPUT:
        return InputError(_sentence(error), hint=_INPUT[number])
    return outside(error) if number in _OUTSIDE else None


def outside(error: OSError) -> OutsideError:
    """Return an operating system's failure as trouble outside."""
    return OutsideError(_sentence(error), hint=_OUTSIDE.get(error.errno or 0, ""))


def show(error: HeadwayError) -> None:
    """Print the sentence and the hint on stderr."""
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)


def read_failure(path: Path) -> HeadwayError | None:
    """Return the failure that a stage left in `path`, or None."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kind = {InputError.exit_code: InputError, OutsideError.exit_code: OutsideError}.get(values["code"], HeadwayError)
    return kind(values["message"], hint=values["hint"])


def _sentence(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}"


def _end(error: HeadwayError, code: int, *, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    show(error)
    _leave(error, code)
    sys.exit(code)


def _end_with_bug(error: Exception) -> None:
    traceback.print_exc()
    _end(
        HeadwayError(
            f"this is a bug in Headway: {type(error).__name__}: {error}",
            hint="please report it with the traceback above",
        ),
        BUG,
        debug=False,
    )


def _leave(error: HeadwayError, code: int) -> None:
    path = os.environ.get(FAILURE_FILE)
    if path:
        content = json.dumps({"message": error.message, "hint": error.hint, "code": code})
        Path(path).write_text(content, encoding="utf-8")
