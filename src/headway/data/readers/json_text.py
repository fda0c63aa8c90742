"""JSON as labels need it: with lines, and with numbers as they are written, so that nothing is rounded on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeGuard

from headway.data.readers.corners import RowFault, read_number
from headway.data.readers.files import printable, quoted

_POSITIVE = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_SPACES = re.compile(r"[ \t\n\r]*")


class Number(str):
    """A JSON number, as its text; also NaN and Infinity, which JSON lacks but many writers put there."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number)


class BrokenJson(ValueError):  # noqa: N818
    """The text is no JSON; `line` says where."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def parse_json(text: str) -> Any:
    """Return a JSON document whose numbers are `Number`.

    Raises:
        BrokenJson: it is none.
    """
    value, end = _decode(text, _skip(text, 0))
    if _skip(text, end) != len(text):
        raise BrokenJson("more text behind its end", 1 + text.count("\n", 0, end))
    return value


def walk_object(text: str) -> Iterator[tuple[str, Any, int]]:
    """Yield key, value and line of each member of an object; of a list, one by one, its elements.

    Raises:
        BrokenJson: the text is no JSON object.
    """
    line, counted = 1, 0
    position = _expect(text, _skip(text, 0), "{")
    while (position := _skip(text, position)) < len(text) and text[position] != "}":
        key, position = _key(text, position)
        if text[position : position + 1] != "[":
            line, counted = line + text.count("\n", counted, position), position
            value, position = _decode(text, position)
            yield key, value, line
        else:
            position = _skip(text, position + 1)
            while text[position : position + 1] != "]":
                line, counted = line + text.count("\n", counted, position), position
                value, position = _decode(text, position)
                yield key, value, line
                position = _next(text, position, "]")
            position += 1
        position = _next(text, position, "}")
    end = _skip(text, _expect(text, position, "}"))
    if end != len(text):
        raise _broken(text, "more text behind its end", end)


def is_text(value: object) -> TypeGuard[str]:
    """Return whether a JSON value is a string of Unicode text (JSON can say half of a character) and not all spaces."""
    if not isinstance(value, str) or isinstance(value, Number):
        return False
    return bool(value.strip()) and printable(value) == value


def read_numbers(values: object, count: int | None = None) -> list[Decimal]:
    """Return the numbers of a JSON list, exactly as they are written.

    Raises:
        RowFault: it is no list of `count` finite numbers.
    """
    if not isinstance(values, list):
        raise RowFault("label-malformed", f"{quoted(str(values))} is no list of numbers")
    if count is not None and len(values) != count:
        raise RowFault("label-fields", f"{len(values)} numbers instead of {count}")
    return [_read_number(value) for value in values]


def _read_number(value: object) -> Decimal:
    if type(value) is not Number:
        raise RowFault("label-number", f"{quoted(str(value))} is not a number")
    return read_number(value)


def read_size(width: object, height: object) -> tuple[int, int] | None:
    """Return the size that labels declare; None where they do not, or not as two positive integers."""
    if not (isinstance(width, Number) and isinstance(height, Number)):
        return None
    if not (_POSITIVE.fullmatch(width) and _POSITIVE.fullmatch(height)):
        return None
    return int(width), int(height)


def _decode(text: str, position: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise BrokenJson(error.msg, error.lineno) from error
    except RecursionError as error:
        raise _broken(text, "nested too deeply", position) from error


def _key(text: str, position: int) -> tuple[str, int]:
    """Return a member's key and where its value begins."""
    _expect(text, position, '"')
    key, position = _decode(text, position)
    return key, _skip(text, _expect(text, _skip(text, position), ":"))


def _next(text: str, position: int, closing: str) -> int:
    """Return where the next member or element, or the closing bracket, begins."""
    position = _skip(text, position)
    if text[position : position + 1] == closing:
        return position
    position = _skip(text, _expect(text, position, ","))
    if text[position : position + 1] == closing:
        raise _broken(text, f"a comma before {closing}", position)
    return position


def _expect(text: str, position: int, character: str) -> int:
    if text[position : position + 1] != character:
        raise _broken(text, f"{character} is missing", position)
    return position + 1


def _skip(text: str, position: int) -> int:
    found = _SPACES.match(text, position)
    assert found is not None  # no spaces match too
    return found.end()


def _broken(text: str, reason: str, position: int) -> BrokenJson:
    return BrokenJson(reason, 1 + text.count("\n", 0, position))
