"""The registry of classes: name -> id, in a YAML file in Git to which classes are only ever added.

    schema_version: 1
    classes:
      apple: 0
      pear: 1

Labels are read by class name, so a source may number its classes as it likes; what a model puts out is numbered
by this file alone.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Collection, Sequence
from pathlib import Path

import yaml

from headway.contracts import atomic
from headway.contracts.params.document import ParamsError, parse_document
from headway.data.findings import Findings
from headway.errors import InputError

SCHEMA_VERSION = 1
_COMMENT = "# Class ids, written by Headway. Append-only: a model's output is numbered by them.\n"


def read_registry(path: Path) -> tuple[str, ...]:
    """Return the class names; the position is the class id.

    Raises:
        InputError: the file is missing or is no registry, or its ids are not 0, 1, 2 ... in this order; with the line.
    """
    try:
        return parse_registry(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: no class has an id yet", hint="run: headway data import") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", hint=_restore(str(path))) from error


def parse_registry(text: str, file: str) -> tuple[str, ...]:
    """Return the class names in a registry's text; `file` names it in messages.

    Raises:
        InputError: as `read_registry` does.
    """
    restore = _restore(file)
    try:
        document = parse_document(text, file)
    except ParamsError as error:  # a name given twice
        raise ParamsError(file, error.faults, hint=restore) from error
    version, classes = document.values.get("schema_version"), document.values.get("classes")
    if version != SCHEMA_VERSION:
        raise InputError(f"{file} has schema version {version!r}, not {SCHEMA_VERSION}", hint=restore)
    if not isinstance(classes, dict):
        raise InputError(f"{file}:{document.line_of(('classes',))} holds no classes by name", hint=restore)
    lines = [line for path, line in document.lines.items() if len(path) == 2 and path[0] == "classes"]
    for expected, ((name, class_id), line) in enumerate(zip(classes.items(), lines, strict=False)):
        _check_entry(f"{file}:{line}", name, class_id, expected)
    return tuple(classes)


def extend_registry(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Give the next ids to those of `names` that have none, in their order; return the whole registry.

    The file appears whole or stays as it was; it is made if it is missing. Comments in it are not kept.

    Raises:
        InputError: the file is there and is no registry.
    """
    before = read_registry(path) if path.exists() else ()
    now = tuple(dict.fromkeys((*before, *names)))
    if now != before or not path.exists():
        lines = [_line(name, number) for number, name in enumerate(now)]
        classes = "classes:\n" + "".join(lines) if lines else "classes: {}\n"
        atomic.write_text(path, f"{_COMMENT}schema_version: {SCHEMA_VERSION}\n{classes}")
    return now


def check_registry(
    registry: tuple[str, ...], declared: tuple[str, ...], found: Collection[str], findings: Findings
) -> None:
    """Note classes that are new, have no box, or that the source numbers in another way than the registry.

    Args:
        registry: class names by id.
        declared: class names by the ids that the source writes; empty if its format names classes in every label.
        found: classes that occur in boxes.
        findings: takes the problems.
    """
    known = {name: number for number, name in enumerate(registry)}
    new = [name for name in dict.fromkeys((*declared, *sorted(found))) if name not in known]
    for number, name in enumerate(new, start=len(registry)):
        findings.add(
            "class-new", f"class {name!r} is not in the registry; `headway data import` would give it id {number}"
        )
    for number, name in enumerate(declared):
        if known.get(name, number) != number:
            findings.add(
                "class-order-changed", f"class {name!r} has id {number} here and {known[name]} in the registry"
            )
    for name in dict.fromkeys((*registry, *declared)):
        if name not in found:
            findings.add("class-unseen", f"class {name!r} has no box")


def check_append_only(before: tuple[str, ...], now: tuple[str, ...]) -> list[str]:
    """Return a sentence for each class of an older registry that the present one renumbers, renames or lacks."""
    faults = []
    for number, name in enumerate(before):
        if number < len(now) and now[number] == name:
            continue
        if name in now:
            faults.append(f"class {name!r} was renumbered from {number} to {now.index(name)}")
        else:
            faults.append(f"class {name!r} (id {number}) was removed or renamed")
    return faults


def _line(name: str, class_id: int) -> str:
    """Return one line, whatever the name holds: what is not printable (also line ends) is escaped."""
    written = yaml.safe_dump({name: class_id}, allow_unicode=name.isprintable(), width=sys.maxsize)
    return textwrap.indent(written, "  ")


def _restore(file: str) -> str:
    return f"restore it: git checkout -- {file}"


def _check_entry(where: str, name: object, class_id: object, expected: int) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{where} names a class {name!r}, which YAML does not read as text", hint="put it in quotes")
    if type(class_id) is not int or class_id != expected:
        raise InputError(
            f"{where}: class {name!r} has id {class_id!r}, not {expected}",
            hint="ids run 0, 1, 2 ... in the order of lines, without gaps; a class is only ever added at the end",
        )
