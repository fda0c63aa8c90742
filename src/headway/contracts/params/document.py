"""Reads params.yaml once into frozen models; every fault is reported at once, with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from headway.errors import InputError


class Section(BaseModel):
    """Base of every section of params.yaml: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    @classmethod
    def refuse(cls, key: str) -> str:
        """Return the sentence about a key that may not be written here."""
        return unknown_key(key, cls.model_fields)


_WHOLE = "all"
_MEND_MAPPING = "write it as lines of `key: value`; what it held before: git log -p"
SectionT = TypeVar("SectionT", bound=Section)
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a YAML document: a 1-based line, the dotted key and what to change."""

    line: int
    key: str
    message: str


class ParamsError(InputError):
    """All faults of one params document, in line order.

    Attributes:
        faults: every fault that was found, in the order of their lines.
    """

    def __init__(self, file: str, faults: list[Fault], hint: str = "") -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.line, fault.key))
        lines = [f"{file}:{fault.line}: {fault.key}: {fault.message}" for fault in self.faults]
        count = "1 thing" if len(lines) == 1 else f"{len(lines)} things"
        super().__init__(
            "\n  ".join([f"{count} in {file} cannot be used:", *lines]),
            hint=hint or f"edit the lines above, then: headway params check {file}",
        )


@dataclass(frozen=True)
class Document:
    """A parsed YAML mapping that remembers the line of each of its keys."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line_of(self, path: KeyPath) -> int:
        """Return the line of the deepest part of `path` that the file holds."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(path: Path) -> Document:
    """Parse the YAML mapping in `path`.

    Raises:
        InputError: the file is missing, is not UTF-8, or `parse_document` refuses it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="run from the repository's root, or name the file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", hint="save the file as UTF-8") from error
    return parse_document(text, str(path))


def parse_document(text: str, file: str) -> Document:
    """Parse a YAML mapping; `file` names it in messages.

    Raises:
        InputError: the text is not YAML, repeats a key, uses aliases (a few lines of them unfold to gigabytes), or
            holds no mapping.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except _AliasError as error:
        raise InputError(
            f"{file}:{error.line} uses a YAML alias (*{error.name})", hint="write the values out"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else file
        problem = getattr(error, "problem", None) or "not YAML"
        raise InputError(f"{where}: {problem}", hint="mend the YAML at that line") from error
    except (RecursionError, ValueError, LookupError, AttributeError, OverflowError) as error:
        # Nested too deeply, a date that does not exist, or a tag that does not fit its value (`!!int ""`).
        raise InputError(f"{file} is not a plain YAML mapping ({error})", hint="mend the file") from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        raise InputError(f"{file} holds no mapping of keys to values", hint=_MEND_MAPPING)
    lines: dict[KeyPath, int] = {}
    repeated: list[Fault] = []
    _note_lines(node, (), lines, repeated)
    if repeated:
        raise ParamsError(file, repeated)
    return Document(file, values, lines)


class _AliasError(Exception):
    def __init__(self, line: int, name: str) -> None:
        super().__init__(f"*{name}")
        self.line, self.name = line, name


class _Loader(yaml.SafeLoader):
    """Reads a document in one pass, up to the first alias.

    Not libyaml's, ten times as fast: version 0.2.5 ends the process on brackets that are nested 300,000 deep.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _AliasError(event.start_mark.line + 1, event.anchor)
        return super().compose_node(parent, index)


def _note_lines(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], repeated: list[Fault]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                dotted = ".".join(map(str, here))
                repeated.append(Fault(key.start_mark.line + 1, dotted, f"given twice (first on line {lines[here]})"))
            lines[here] = key.start_mark.line + 1
            _note_lines(value, here, lines, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            _note_lines(item, (*path, index), lines, repeated)


def read_section(document: Document, name: str, model: type[SectionT]) -> SectionT:
    """Validate one section of `document`.

    Raises:
        ParamsError: with every fault of the section, each with its line.
    """
    section, faults = check_section(document, name, model)
    if section is None:
        raise ParamsError(document.file, faults)
    return section


def check_section(document: Document, name: str, model: type[SectionT]) -> tuple[SectionT | None, list[Fault]]:
    """Return the validated section, or None and its faults."""
    values = document.values.get(name, {})
    try:
        return model.model_validate({} if values is None else values), []
    except ValidationError as error:
        return None, _faults(document, name, model, error)


def read_whole(document: Document, model: type[SectionT], *, hint: str) -> SectionT:
    """Validate all of `document` as one section.

    Raises:
        ParamsError: with every fault, each with its line, and the hint.
    """
    lines = {(_WHOLE, *path): line for path, line in document.lines.items()}
    section, faults = check_section(Document(document.file, {_WHOLE: document.values}, lines), _WHOLE, model)
    if section is None:
        below = [replace(fault, key=fault.key.removeprefix(_WHOLE).removeprefix(".") or "all") for fault in faults]
        raise ParamsError(document.file, below, hint=hint)
    return section


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return the sentence about an unknown `key`, with the nearest valid name if one is near."""
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.6)
    return f"no such parameter; did you mean {near[0]!r}?" if near else "no such parameter"


def _faults(document: Document, name: str, model: type[Section], error: ValidationError) -> list[Fault]:
    """Turn pydantic's errors into one fault a key: the branches of a union are one fault, not several."""
    messages: dict[KeyPath, list[str]] = {}
    for detail in error.errors(include_url=False):
        path = _written_path(document, name, detail["loc"])
        messages.setdefault(path, []).append(_message(model, detail))
    return [
        Fault(document.line_of(path), ".".join(map(str, path)), ", or ".join(dict.fromkeys(found)))
        for path, found in messages.items()
    ]


def _written_path(document: Document, name: str, loc: tuple[str | int, ...]) -> KeyPath:
    """Return the path as the user wrote it: pydantic appends the branch of a union to its own."""
    path: KeyPath = (name,)
    for part in loc:
        if (*path, part) not in document.lines:
            break
        path = (*path, part)
    return path


def _message(model: type[Section], detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        return _section_at(model, detail["loc"][:-1]).refuse(str(detail["loc"][-1]))
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] in {"value_error", "missing"}:
        return message
    hint = " (write 1.0e-3, not 1e-3: YAML reads that as text)" if _is_bare_exponent(detail["input"]) else ""
    return f"{message[0].lower()}{message[1:]}, not {_shown(detail['input'])}{hint}"


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits; YAML reads one
        return "a number of thousands of digits"


def _is_bare_exponent(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[-+]?\d+e[-+]?\d+", value, re.IGNORECASE) is not None


def _section_at(model: type[Section], path: tuple[str | int, ...]) -> type[Section]:
    """Return the section that `path` leads to; keys of mappings and places in lists are no fields of one."""
    for part in path:
        field = model.model_fields.get(str(part))
        model = _section_in(field.annotation if field else None) or model
    return model


def _section_in(annotation: Any) -> type[Section] | None:
    """Return the section that an annotation such as dict[str, Section] is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
