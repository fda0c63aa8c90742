"""Opens the data set that params.yaml names, or another one, with everything that looking at it needs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from headway.cli.progress import show_progress
from headway.contracts.layout import PARAMS, STATE, real_root
from headway.contracts.params.document import read_document, read_section
from headway.contracts.params.prepare import PrepareParams
from headway.data.classes import check_append_only, parse_registry, read_registry
from headway.data.examine import Examination, Records, Take, examine
from headway.data.findings import Findings
from headway.data.ledger import check_ledger_grew, read_ledger
from headway.data.readers.detect import detect_format, open_source
from headway.data.scan import Scanner
from headway.data.shelves import generate
from headway.data.source import Source
from headway.errors import InputError
from headway.integrations.git.reading import file_at, revisions_of
from headway.integrations.globox import read_foreign
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size

SCANS = "scans.sqlite"
"""Below `.headway/`: what is known of image files that have not changed since."""


@dataclass(frozen=True)
class Opened:
    """A source, ready to be looked at.

    Attributes:
        path: where it lies.
        source: as its reader opened it.
        params: the prepare section.
        records: registry and ledger; empty for a source that params.yaml does not name.
        scanner: looks at image files.
        findings: with the policies of `params`; the reader adds to it while images are consumed.
    """

    path: Path
    source: Source
    params: PrepareParams
    records: Records
    scanner: Scanner
    findings: Findings

    def examine(self, take: Take = lambda _image, _facts: None) -> Examination:
        """Look at every image and note everything that is wrong."""
        return examine(self.source, self.params, self.records, self.scanner, self.findings, show_progress, take=take)


def read_prepare_params(file: Path = PARAMS) -> PrepareParams:
    """Return the prepare section of `file`; all defaults where there is no such file.

    Raises:
        ParamsError: the section cannot be used.
    """
    return read_section(read_document(file), "prepare", PrepareParams) if file.is_file() else PrepareParams()


@contextmanager
def open_data(
    params: PrepareParams, path: Path | None = None, format: str | None = None, *, new_ledger: bool = False
) -> Iterator[Opened]:
    """Open `path`, or what `params` name; registry and ledger count only for the latter.

    `new_ledger` says that there may be no ledger yet.

    Raises:
        InputError: nothing can be read there.
    """
    own = path is None
    path = Path(params.source) if path is None else path
    if not path.exists():
        raise InputError(f"{path} does not exist", hint=_hint_for_missing(path))
    findings = Findings(params.policy)
    records = _read_records(params, new_ledger=new_ledger) if own else Records(None, {})
    with ExitStack() as stack:
        cache = real_root(Path.cwd()) / STATE / SCANS
        scanner = stack.enter_context(Scanner(make_inspector(hash_image), read_image_size, cache))
        chosen = format or (params.format if own else "auto")
        chosen = detect_format(path) if chosen == "auto" else chosen
        if chosen == "shelves":
            drawings = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            source = generate(path, drawings, progress=show_progress)
        else:
            source = open_source(
                path, chosen, read_image_size=scanner.size, findings=findings, read_foreign=read_foreign
            )
        yield Opened(path, source, params, records, scanner, findings)


def _read_records(params: PrepareParams, *, new_ledger: bool) -> Records:
    """Read registry and ledger, and refuse what was rewritten since the last commit.

    Raises:
        InputError: one of them cannot be used, or lost or changed what was committed.
    """
    registry, ledger = Path(params.classes), Path(params.ledger)
    begins = new_ledger and not ledger.exists()
    records = Records(read_registry(registry), {} if begins else read_ledger(ledger))
    refuse_rewritten_registry(registry, records.registry or ())
    now = "" if begins else ledger.read_text(encoding="utf-8")
    _refuse(check_ledger_grew(_reference(ledger, check_ledger_grew), now), ledger)
    return records


def refuse_rewritten_registry(file: Path, classes: Sequence[str]) -> None:
    """Do nothing if `classes` only add to what the registry held in any commit.

    Raises:
        InputError: a class was renumbered, renamed or removed.
    """
    reference = _reference(file, _registry_changes)
    if reference:
        _refuse(check_append_only(parse_registry(reference, str(file)), tuple(classes)), file)


def _registry_changes(before: str, now: str) -> list[str]:
    if not before:
        parse_registry(now, "registry")
        return []
    return check_append_only(parse_registry(before, "registry"), parse_registry(now, "registry"))


def _reference(file: Path, changes: Callable[[str, str], list[str]]) -> str:
    """Return what `file` has to go on from: the newest commit's content that only added to those before; else "".

    A commit that rewrote it counts for nothing, so that reverting it is the way out.
    """
    reference = ""
    for revision in reversed(revisions_of(Path.cwd(), file)):
        content = file_at(Path.cwd(), revision, file)
        with suppress(InputError):
            if content is not None and not changes(reference, content.decode(errors="replace")):
                reference = content.decode(errors="replace")
    return reference


def _refuse(changes: list[str], file: Path) -> None:
    if changes:
        raise InputError(
            "\n  ".join([f"{file} may only grow, but was rewritten since it was committed:", *changes[:20]]),
            hint=f"restore what {file} held (git log -- {file}), or name a new file in params.yaml",
        )


def _hint_for_missing(source: Path) -> str:
    pointer = source.with_name(f"{source.name}.dvc")
    return f"run: dvc pull {pointer}" if pointer.exists() else "set prepare.source in params.yaml"
