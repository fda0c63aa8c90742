"""What a declaration says, by its tag where that is enough."""

from __future__ import annotations

from headway.cli.registry.opening import Opened
from headway.errors import InputError
from headway.registry.state import Declaration, Echo
from headway.registry.timeline import Statement, is_without_hold, said_by_echo, said_by_file


def read_statement(opened: Opened, declaration: Declaration, echo: Echo | None, *, by_file: bool = False) -> Statement:
    """Return what a declaration says.

    The file of a tagged one is only parsed where it may hold a rollback's hold, or with `by_file`: that is slower, and
    believes no tag.
    """
    blob = declaration.change.blob
    if echo is not None and not by_file and (blob is None or is_without_hold(opened.read(blob))):
        return said_by_echo(echo.record)
    try:
        return said_by_file(opened.declared(declaration))
    except InputError as error:
        return Statement(fault=error.message)
