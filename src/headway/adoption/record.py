"""`.headway.yaml`: which version of Headway rendered which file, so that a later one can tell what the team changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from headway.contracts.document import Document
from headway.contracts.params.document import parse_document
from headway.errors import InputError

RECORD = ".headway.yaml"

_HEAD = """\
# Written by `headway init`: commit it, and leave it to `headway init --update`.
# files: the Git blob of each file as Headway rendered it, before anybody edited it.
# texts: renderings that were merged into an edited file and so were never committed by themselves.
"""

Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class Record(Document):
    """What `headway init` rendered."""

    headway: str
    """Version that rendered the files."""
    requirement: str
    """How requirements.txt names Headway."""
    files: Mapping[str, Blob]
    """Path -> Git's SHA-1 of the rendering."""
    texts: Mapping[str, str] = {}
    """Path -> the rendering itself, where no commit holds it."""


def read_record(content: bytes) -> Record:
    """Parse `.headway.yaml`.

    Raises:
        InputError: it is none, for example because a merge left its conflict markers.
    """
    hint = f"take back the one in Git: git checkout {RECORD}"
    try:
        return Record.model_validate(parse_document(content.decode(), RECORD).values)
    except (InputError, UnicodeDecodeError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{RECORD} cannot be used: {reason}", hint=hint) from error


def record_text(record: Record) -> bytes:
    """Return the bytes of `.headway.yaml`."""
    values = record.model_dump()
    if not values["texts"]:
        del values["texts"]
    return (_HEAD + yaml.dump(values, Dumper=_Dumper, sort_keys=True, allow_unicode=True)).encode()


def blob_of(content: bytes) -> str:
    """Return the name under which Git keeps `content` (gitformat-object: SHA-1 over "blob <size>\\0<content>")."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, so that a diff of the record can be read."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
