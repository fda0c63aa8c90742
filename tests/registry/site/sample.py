"""Contents of the page, made by hand: a history of two models, one by hostile hands, and a long one."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from headway.contracts.manifest import Manifest, Metrics
from headway.contracts.registry.desired import Hold
from headway.contracts.registry.ledger import FileChange, Tag
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.tags import Slot, StageTag, VersionNumber, VersionTag, parse_version
from headway.integrations.markdown_it import read_markdown
from headway.registry.site.content import Card, Entry, Measured, Site
from headway.registry.state import Declaration, Distrusted, Echo, State, Version
from headway.registry.timeline import Statement, list_events
from tests.finished_run import at_threshold, quality
from tests.registry.line import make_manifest

START = datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
WEB = "https://github.com/acme/bottles"
CARD = """# detector

| mAP50-95 | mAP50 | precision | recall | latency (p50) | size |
| --- | ---: | ---: | ---: | ---: | ---: |
| 0.631 | 0.871 | 0.912 | 0.846 | 14.2 ms | 10.4 MB |

On 412 test images with 1,963 objects, which the model has not seen.

![What it finds](card/samples.png)

## Limits

- It knows only its classes: anything else is ignored, or taken for one of them.
- Fewer than 20 test objects stand behind the numbers of: crushed can.

```sh
headway predict . image.jpg
```
"""


def digest(seed: object) -> str:
    return hashlib.sha256(repr(seed).encode()).hexdigest()


def png(width: int = 320, height: int = 120, grey: int = 180) -> bytes:
    """Return a picture of one grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes([grey]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass
class History:
    """Collects versions and declarations, one commit after another."""

    versions: dict[str, list[Measured]] = field(default_factory=dict)
    declarations: dict[Slot, list[Declaration]] = field(default_factory=dict)
    echoes: dict[Slot, list[Echo]] = field(default_factory=dict)
    said: dict[Declaration, Statement] = field(default_factory=dict)
    position: int = 0

    @property
    def now(self) -> datetime:
        return START + timedelta(hours=31 * self.position)

    def register(
        self,
        name: str,
        map50_95: float,
        *,
        test_set: str = "first",
        reason: str = "minor: the data changed",
        decision: str = "accept",
        per_class: Mapping[str, float | None] | None = None,
    ) -> Version:
        """Add a version such as "detector@v1.0.0"."""
        model, _, text = name.partition("@")
        number = parse_version(text)
        assert number is not None
        manifest = measured_manifest(name, model, map50_95)
        commit, others = self._commit(), self.versions.setdefault(model, [])
        record = VersionRecord(
            identity=manifest.identity,
            lock_sha256=digest("lock" + name),
            model_sha256=digest("model" + name),
            test_set=digest(test_set),
            decision=decision,
            compared_with=others[-1].version.record.identity if others else None,
            policy_sha256=digest("policy"),
            reason=reason,
            summary=f"{name} is accepted",
            previous=None,
            run="1",
        )
        tag = Tag(name, digest("tag" + name)[:40], commit, annotated=True, tagged_at=0, message="")
        version = Version(model, number, tag, record, self.position)
        others.append(Measured(version, manifest, per_class=per_class or {}))
        return version

    def declare(
        self,
        stage: str,
        name: str,
        *,
        reason: str = "better on the night shift",
        asked_by: str = "ada",
        attested: bool = True,
        tagged: bool = True,
        **values: object,
    ) -> None:
        """Add a declaration of "detector@v1.0.0"; "detector@" leaves the stage empty."""
        model, _, number = name.partition("@")
        slot = Slot(stage, model)
        committed_at = int(self.now.timestamp())
        change = FileChange(
            self._commit(), self.position, committed_at, f"models/registry/{stage}/{model}.yaml", number and "b" * 40
        )
        declaration = Declaration(slot, change)
        said = Statement(number, digest(name), reason, asked_by) if number else Statement()
        said = replace(said, **values)  # type: ignore[arg-type]
        self.declarations.setdefault(slot, []).append(declaration)
        self.said[declaration] = said
        if tagged:
            self._echo(declaration, said, datetime.fromtimestamp(committed_at, UTC) if attested else None)

    def site(self, **values: object) -> Site:
        """Return the page's content."""
        state = State(
            head=digest("head")[:40],
            versions={model: tuple(one.version for one in found) for model, found in self.versions.items()},
            declarations={slot: tuple(found) for slot, found in self.declarations.items()},
            echoes={slot: tuple(found) for slot, found in self.echoes.items()},
            distrusted=(),
            complete=True,
        )
        site = Site(
            title="Models of acme/bottles",
            branch="main",
            head_at=self.now,
            web=WEB,
            state=state,
            stages=("staging", "production"),
            entries=tuple(Entry(event, self.said[event.declaration]) for event in list_events(state)),
            versions={model: tuple(found) for model, found in self.versions.items()},
            cards={},
        )
        return replace(site, **values)  # type: ignore[arg-type]

    def _commit(self) -> str:
        self.position += 1
        return digest(f"commit {self.position}")[:40]

    def _echo(self, declaration: Declaration, said: Statement, declared_at: datetime | None) -> None:
        slot, found = declaration.slot, self.echoes.setdefault(declaration.slot, [])
        record = EchoRecord(
            declared_in=declaration.commit,
            file=declaration.change.blob,
            version=said.version,
            version_tag=None,
            identity=said.identity,
            declared_at=declared_at,
            attested="unasked" if declared_at is None else "forge",
            pull_request=None if declared_at is None else 100 + self.position,
            declared_by=said.declared_by,
            approved_by=("grace",) if slot.stage == "production" else (),
            reason=said.reason,
            expedited=said.expedited,
            previous=None,
            run="1",
        )
        name = str(StageTag(slot, len(found) + 1, empty=said.version is None))
        tag = Tag(name, digest(name)[:40], declaration.commit, annotated=True, tagged_at=0, message="")
        found.append(Echo(slot, len(found) + 1, tag, record, declaration))


def measured_manifest(seed: object, model: str, map50_95: float) -> Manifest:
    right = round(100 * min(0.95, map50_95 + 0.25))
    metrics = Metrics(
        quality=quality(map50_95, min(0.98, map50_95 + 0.22)),
        operating_point=at_threshold(right, 100 - right, 104 - right),
        expected_calibration_error=0.02,
    )
    return make_manifest(seed, model).model_copy(update={"metrics": metrics})


def usual_site() -> Site:
    """Return two models; twelve versions of one, with a new test set, a rollback, and a stage that was emptied."""
    history = History()
    scored = {
        "v1.0.0": 0.512, "v1.1.0": 0.548, "v1.2.0": 0.571, "v1.2.1": 0.566, "v1.3.0": 0.602, "v1.4.0": 0.618,
        "v1.4.1": 0.611, "v2.0.0": 0.559, "v2.1.0": 0.574, "v2.1.1": 0.597, "v2.2.0": 0.623, "v2.3.0": 0.631,
    }  # fmt: skip
    for place, (number, value) in enumerate(scored.items()):
        history.register(
            f"detector@{number}",
            value,
            test_set="first" if place < 7 else "second",
            reason="major: class 'crushed can' was added" if number == "v2.0.0" else "minor: the data changed",
            per_class={
                "bottle": value + 0.11,
                "can": value + 0.02,
                **({"crushed can": value - 0.2 + place / 90} if place >= 7 else {}),
            },
        )
        if number in ("v1.0.0", "v1.2.0", "v1.4.0", "v2.0.0", "v2.2.0"):
            history.declare("staging", f"detector@{number}", attested=number != "v1.0.0")
            history.declare("production", f"detector@{number}", reason="a week in staging without complaints")
        if number == "v2.0.0":
            hold = Hold(reason="misses bottles behind glass", against="v2.0.0", set_by="grace")
            history.declare("production", "detector@v1.4.0", reason=hold.reason, asked_by="grace", hold=hold)
        if number == "v2.1.1":
            history.declare("staging", "detector@v2.1.1", reason="fix of the labels of line 4")
    history.declare("staging", "detector@v2.3.0", expedited="the recall of a customer starts on Monday")
    for number, value in (("v0.1.0", 0.702), ("v0.2.0", 0.744)):
        history.register(f"label-reader@{number}", value, reason="patch: trained anew")
        history.declare("staging", f"label-reader@{number}", reason="first try on the second line")
    history.declare("production", "label-reader@v0.1.0", reason="pilot on line 2", asked_by="linus")
    history.declare("production", "label-reader@")
    history.declare("staging", "label-reader@v0.1.0", reason="reads upside-down labels again", tagged=False)
    site = history.site()
    newest = [site.versions[model][-1].version for model in site.models]
    unknown = "neither DVC's cache nor its remote has models/label-reader/bundle of revision 3f1d20a4"
    return replace(
        site,
        cards={
            "detector": (Card(newest[0], read_markdown(CARD), pictures={"card/samples.png": png()}),),
            "label-reader": (Card(newest[1], None, unknown),),
        },
        state=replace(site.state, distrusted=(_distrusted("detector#production#9"),)),
    )


def long_site(versions: int = 1000) -> Site:
    """Return a model with many versions, each of which went through two stages."""
    history = History()
    for place in range(versions):
        name = str(VersionTag("detector", VersionNumber(1, place, 0)))
        value = 0.5 + 0.2 * place / versions + 0.03 * (int(digest(place)[:4], 16) / 65535)
        history.register(name, round(value, 6), test_set=f"set {place // 400}", per_class={"can": value})
        history.declare("staging", name)
        history.declare("production", name)
    return history.site()


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "a\0b\x1b[31m\u202egnp.exe\ud800",
    "]]>--><!--",
)


def hostile_site(text: str) -> Site:
    """Return a page into every part of which `text` was written that anybody can write."""
    history = History()
    history.register(
        "detector@v1.0.0", 0.5, test_set=text, reason=text, decision=text, per_class={text: 0.4, f"{text}2": None}
    )
    history.register("detector@v1.1.0", 0.6, test_set="second", reason=text, per_class={text: 0.5})
    hold = Hold.model_construct(reason=text, against=text, set_by=text)
    history.declare("staging", "detector@v1.1.0", reason=text, asked_by=text, expedited=text, hold=hold)
    history.declare("production", "detector@v1.1.0", version=None, fault=text)
    history.declare("production", "detector@v1.0.0", version=text)
    site = history.site(title=text, branch=text)
    first, second = site.versions["detector"]
    code = f"`{text}`\n\n```\n{text}\n```\n\n    {text}"
    card = f"# {text}\n\n[{text}](javascript:alert(1)) ![{text}]({text})\n\n{text}\n\n{code}\n"
    return replace(
        site,
        versions={"detector": (first, replace(second, manifest=None, fault=text))},
        cards={
            "detector": (
                Card(first.version, read_markdown(card), pictures={text: png()}),
                Card(second.version, None, text),
            )
        },
        state=replace(site.state, distrusted=(_distrusted(text),)),
    )


def _distrusted(name: str) -> Distrusted:
    tag = Tag(name, "d" * 40, "e" * 40, annotated=False, tagged_at=None, message="")
    return Distrusted(tag, "lightweight", f"{name}: it is no annotated tag")
