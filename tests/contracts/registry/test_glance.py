"""What is told of a file at a glance is what its validation says, or nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.registry.desired import Desired, Hold, desired_yaml, parse_stage_file
from headway.contracts.registry.files import glance_at_stages, read_claim
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import Rollout, Wave, parse_stages
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
many = settings(max_examples=300, deadline=None)

GOOD = {
    "schema_version": "1",
    "model": "detector",
    "version": "v1.0.0",
    "identity": "a" * 64,
    "reason": "better",
    "asked_by": "ada",
}
WRITTEN = Desired(model="detector", version="v1.0.0", identity="a" * 64, reason="better", asked_by="ada")
HELD = WRITTEN.model_copy(update={"hold": Hold(reason="slow", against="v1.3.0", set_by="bob")})
WIDENED = WRITTEN.model_copy(update={"rollout": Rollout(waves=(Wave(percent=100.0, hours=2.0),))})
USUAL_END = desired_yaml(WRITTEN).partition("asked_by: ada\n")[2]
ENDS = [
    USUAL_END,
    USUAL_END.replace("0.0", "24.0", 1),
    USUAL_END.replace("0.0", "08.5", 1),
    USUAL_END.replace("0.0", "8761.0", 1),
    USUAL_END.replace("min_devices: 0", "min_devices: 0o"),
    USUAL_END.replace("hold: null", "hold: {reason: slow}"),
    USUAL_END.replace("expedited: null", "expedited: haste"),
    USUAL_END + "model: reader\n",
    USUAL_END + "<<: {model: reader}\n",
    USUAL_END + "? reason\n",
    desired_yaml(HELD).partition("asked_by: ada\n")[2],
    desired_yaml(WIDENED).partition("asked_by: ada\n")[2],
    "soak_hours: 1\n",
    "soak_hours: 1e3\n",
    "soak_hours: 1\n  2\n",
    "soak_hours: &a 1\nexpedited: *a\n",
    "hold:\n",
    "",
]
SPELLINGS = [
    "yes", "No", "ON", "off", "oFF", "y", "N", "null", "Null", "nULL", "~", "true", "TRUE", "False", "null ", "nullx",
    "1", "1e3", "0x1f", "0o17", "017", "0b11", "1_000", "12:30:45", "1.5", ".inf", "-.INF", ".nan", "9" * 5000,
    "2026-01-01", "2026-13-01", "2026-01-01T00:00:00Z", "=", "<<", "", "-", "- a", "?", "? a", ":", ": a", ",", ", a",
    "!", "!!str 1", "!!null ''", "!!int x", "&a b", "*a", "|", "|\n  text", ">-\n  text", "%a", "@a", "`a", "#a",
    "'quoted'", "'it''s'", '"a\\nb"', '"a', "'a", "a'b", 'a "b"', "[a]", "[a", "{a: b}", "a[b]", "a {b}", "a, b",
    "a: b", "a:b", "a:", "a :b", "a #b", "a#b", "a # b", "a  b", "a ", " a", "a\tb", "a\t", "a\r", "a\\b", "a - b",
    "a\n b", "a\n\n b", "a\n# b", "a\nb", "a\n---", "a\n...", "---", "... a", "--- a", "a---", "a ...", "a\x85b",
    "a\u2028b", "a\u2029b", "a\x85", "\ufeffa", "a\ufeff", "a\0b", "a\x7fb", "a\xa0", "\u00e4", "a\u00fc", "x" * 300,
    "x" * 301, "x " * 150 + "x", "\u00e9" * 300, "\u00e9" * 301, "x" * 1100, "x" * 300 + " ", "\U0001f600",
    "promotion of detector@v1.2.0 to production", "github-actions[bot]", "<ada@example.org>", "50% | (a > b) & c!",
]  # fmt: skip
MODELS = ["detector", "a", "a-1", "e3", "1a", "a-", "-a", "A", "a_b", "a" * 63, "a" * 64, "'detector'", "detector # x"]
VERSIONS = [
    "v0.10.2", "v01.0.0", "v1.0", "1.0.0", "v1.0.0-rc1", "v1.0.0.0", "v\u0661.0.0", "v1\u0662.0.0", "'v1.0.0'",
    "v1.0.0 # x", "v1.0.0 ", "V1.0.0", f"v{'9' * 5000}.0.0",
]  # fmt: skip
_DIGESTS = [
    "0" * 64, "1" * 64, "0" + "7" * 63, "0" + "8" * 63, "1e" + "1" * 62, "1e10" * 16, "0e" + "0" * 62, "e" * 64,
    "0b" + "1" * 62, "0b" + "0" * 62, "0b" + "1" * 61 + "2", "0b" + "1" * 61 + "a", "0x" + "f" * 62, "0o" + "7" * 62,
    "1:" + "12:" * 20 + "30", "1" * 63 + ".", "." + "1" * 63, "1_" * 32, "A" * 64, "a" * 63, "a" * 65, "a" * 64,
]  # fmt: skip
DIGESTS = [spelled for digest in _DIGESTS for spelled in (digest, f"'{digest}'", f'"{digest}"', f"{digest} ")]
OF_KEY = dict.fromkeys(GOOD, SPELLINGS) | {
    "model": MODELS + SPELLINGS,
    "version": VERSIONS + SPELLINGS,
    "identity": DIGESTS + SPELLINGS,
}
WHOLES: list[Callable[[bytes], bytes]] = [
    lambda content: content.replace(b"\n", b"\r\n"),
    lambda content: content.replace(b"\n", b"\r"),
    lambda content: content.replace(b"\n", "\x85".encode()),
    lambda content: content.replace(b"\n", "\u2028".encode()),
    lambda content: content.replace(b"\n", b"\n\n"),
    lambda content: content.replace(b"\n", b" \n"),
    lambda content: content.replace(b"\n", b" # why\n"),
    lambda content: content.replace(b": ", b":  "),
    lambda content: content.replace(b"\n", b"\n "),
    lambda content: content.removesuffix(b"\n"),
    lambda content: content.decode(errors="replace").encode("utf-16"),
    lambda content: "\ufeff".encode() + content,
    lambda content: b"# why\n" + content,
    lambda content: b"---\n" + content,
    lambda content: b"%YAML 1.1\n---\n" + content,
    lambda content: content + b"...\n",
    lambda content: content + b"---\n" + content,
    lambda content: content + content,
    lambda content: b"{" + content + b"}",
]
PIECES = [
    b"\r", b"\t", b"\0", b"\n", b" ", b"  ", b"#", b" #", b"# ", b":", b": ", b"'", b'"', b"-", b"- ", b"? ", b"|",
    b">", b"&a ", b"*a", b"!!str ", b"!", b"%", b"@", b"`", b"{", b"}", b"[", b"]", b",", b"\\", b"~", b"=",
    b"<<: {}\n", b"---\n", b"...\n", b"0", b"1", b"e", b".", b"_", b"x", b"A", b"\x7f", b"\xff", b"\xc3",
    b"model: detector\n", b"    after: dev\n", b"  dev:\n", b"null", b"on", b"\n# why\n", b"\n\n", b"\n  ",
    b"\n---\n",
    *(
        mark.encode()
        for mark in ("\x85", "\u2028", "\u2029", "\ufeff", "\xa0", "\xad", "\u00e9", "\u0661", "\U0001f600")
    ),
]  # fmt: skip
PLACE = st.integers(0, 700)


def cut(content: bytes, edit: tuple[int, int, bytes]) -> bytes:
    """Return the content with some bytes at a place replaced by others."""
    at, length, new = edit
    at %= len(content) + 1
    return content[:at] + new + content[at + length :]


@st.composite
def edited(draw: st.DrawFn, contents: st.SearchStrategy[str]) -> bytes:
    """Draw a file that mostly has a few mistakes, or another way to write it."""
    content = draw(contents).encode()
    content = draw(st.sampled_from([bytes] * 3 * len(WHOLES) + WHOLES))(content)
    new = st.one_of(st.sampled_from(PIECES), st.just(b""), st.binary(max_size=2))
    edits = st.tuples(PLACE, st.integers(0, 3), new)
    for edit in draw(st.one_of(st.just([]), st.lists(edits, max_size=2))):
        content = cut(content, edit)
    return content


@st.composite
def stage_files_by_hand(draw: st.DrawFn) -> str:
    """Draw a stage file of which some texts are unusual, mostly in the usual order."""
    odd = draw(st.lists(st.sampled_from(list(GOOD)), max_size=2, unique=True))
    said = GOOD | {key: draw(st.sampled_from(OF_KEY[key])) for key in odd}
    keys = draw(st.one_of(st.just(list(GOOD)), st.just(list(GOOD)), st.permutations(list(GOOD))))
    return "".join(f"{key}: {said[key]}\n" for key in keys) + draw(st.sampled_from([USUAL_END] * len(ENDS) + ENDS))


TEXT = st.one_of(
    st.just("better"),
    st.text(min_size=1, max_size=20),
    st.text("aZ09 .,-+@%&*!|>'\"[]{}\\", min_size=1, max_size=20),
    st.text(st.characters(codec="ascii"), min_size=1, max_size=20),
    st.sampled_from(SPELLINGS),
).filter(one_line)
WRITTEN_FILES = st.builds(
    lambda plain, reason, asker: desired_yaml(plain.model_copy(update={"reason": reason, "asked_by": asker})),
    st.sampled_from([WRITTEN, WRITTEN, HELD, WIDENED]),
    TEXT,
    TEXT,
)
SLOTS = st.sampled_from(["detector"] * 9 + ["reader", "on", "null", "Detector", "1", "a" * 64, "\u00e9", ""]).map(
    lambda model: Slot("production", model)
)


def claimed(content: bytes, slot: Slot) -> tuple[str, str] | None:
    """Return what validation says that a stage file claims."""
    try:
        desired = parse_stage_file(content, slot)
    except InputError:
        return None
    return desired.version, desired.identity


def named(content: bytes) -> list[str] | None:
    """Return what validation says that stages.yaml names."""
    try:
        return list(parse_stages(content, "stages.yaml").stages)
    except InputError:
        return None


@pytest.mark.parametrize("key", GOOD)
def test_a_file_with_one_unusual_text_claims_what_validation_says(key: str) -> None:
    for spelling in OF_KEY[key]:
        content = "".join(f"{other}: {value}\n" for other, value in (GOOD | {key: spelling}).items()) + USUAL_END
        slot = Slot("production", spelling if key == "model" else "detector")

        assert claimed(content.encode(), slot) == read_claim(content.encode(), slot), repr(spelling)


@pytest.mark.parametrize("end", ENDS)
def test_a_file_with_an_unusual_end_claims_what_validation_says(end: str) -> None:
    content = ("".join(f"{key}: {value}\n" for key, value in GOOD.items()) + end).encode()

    assert claimed(content, Slot("production", "detector")) == read_claim(content, Slot("production", "detector"))


@many
@given(edited(stage_files_by_hand()), SLOTS)
def test_a_file_by_hand_claims_what_validation_says(content: bytes, slot: Slot) -> None:
    assert claimed(content, slot) == read_claim(content, slot)


@many
@given(edited(WRITTEN_FILES), SLOTS)
def test_an_edited_file_claims_what_validation_says(content: bytes, slot: Slot) -> None:
    assert claimed(content, slot) == read_claim(content, slot)


@many
@given(st.text(st.characters(codec="ascii"), max_size=12), st.sampled_from(["reason", "asked_by"]))
def test_a_file_of_any_ascii_text_claims_what_validation_says(text: str, key: str) -> None:
    content = "".join(f"{other}: {value}\n" for other, value in (GOOD | {key: f"a{text}"}).items()) + USUAL_END
    slot = Slot("production", "detector")

    assert claimed(content.encode(), slot) == read_claim(content.encode(), slot)


@pytest.mark.parametrize("model", ["Detector", "a" * 64, "a-", "a_b"])
def test_a_file_of_a_model_that_cannot_be_claims_nothing(model: str) -> None:
    content = desired_yaml(WRITTEN).replace("detector", model).encode()

    assert read_claim(content, Slot("production", model)) is None


PLAIN = """# Stages, in their order.
schema_version: 1
signed_tags: true  # every one

stages:
  dev: {}
  staging:
    gate: registered # the verdict of its registration
  production:
    after: staging
    soak_hours: 24
    gate: current
    approvals: 2
"""
NAMES = [
    "dev", "a-b", "x1", "y", "on", "null", "yes", "onx", "-a", "a-", "A", "1e3", "'dev'", "? dev", "a" * 63, "a" * 64,
]  # fmt: skip
RULES = [
    "    gate: current", "    gate: now", "    gate: 'current'", "    gate: current\r", "\tgate: current", "  - gate",
    "    approvals: 1", "    approvals: 11", "    approvals: 08", "    approvals: -1", "    approvals: 1.0",
    "    soak_hours: 24", "    soak_hours: 0", "    soak_hours: 024", "    soak_hours: 1e3", "    soak_hours: 9999",
    "    after: dev", "    after: null", "    after: on", "    after: x1", "    after: dev#x", "    after: a-b # x",
    "    # said\u2028    soak: 1", "    # \u00e9\U0001f600", "# less", "      # more", "    soak: 1", "    {}", "",
    " ", "    rollout: {waves: [{percent: 100, hours: 0}]}", "    gate: &a current", "    <<: {}",
    "     gate: current",
]  # fmt: skip
PLAIN_RULES = [
    "    gate: current",
    "    approvals: 1",
    "    soak_hours: 24",
    "    after: dev",
    "    after: a-b",
    "  # why",
]
STAGE = st.builds(
    lambda name, rules, end: "\n".join([f"  {name}:{end}", *rules]) + "\n",
    st.one_of(st.sampled_from(NAMES[:4]), st.sampled_from(NAMES)),
    st.lists(st.one_of(st.sampled_from(PLAIN_RULES), st.sampled_from(RULES)), max_size=3),
    st.sampled_from(["", "", " {}", " {} # why", " # why", "  ", "  {}", " {}#", "#"]),
)
HEADS = [
    "schema_version: 1\nstages:\n",
    "schema_version: 1\nsigned_tags: true\nstages:\n",
    "schema_version: 1 # one\n\n# why\nstages: # these\n",
    "schema_version: 2\nstages:\n",
    "schema_version: 1\nsigned_tags: yes\nstages:\n",
    "schema_version: 1\nstages: {}\nstages:\n",
    "stages:\n",
]
STAGES_BY_HAND = st.builds(
    lambda head, stages, end: head + "".join(stages) + end,
    st.sampled_from(HEADS[:3] * 2 + HEADS),
    st.lists(STAGE, min_size=1, max_size=3),
    st.sampled_from(["", "", "# end\n", "signed_tags: true\n", "unknown: 1\n", "  #"]),
)


@many
@given(st.one_of(STAGES_BY_HAND.map(str.encode), edited(STAGES_BY_HAND), edited(st.just(PLAIN))))
def test_a_glance_at_stages_sees_what_validation_sees_or_nothing(content: bytes) -> None:
    assert glance_at_stages(content) in (None, named(content))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["dev", "on"])
def test_a_glance_at_one_rule_sees_what_validation_sees_or_nothing(name: str, rule: str) -> None:
    content = f"schema_version: 1\nstages:\n  {name}: {{}}\n  a-b: {{}}\n  end:\n{rule}\n    approvals: 1\n".encode()

    assert glance_at_stages(content) in (None, named(content))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"stages: [", b"schema_version: 1\nstages:\n"])
def test_of_nonsense_a_glance_tells_nothing(content: bytes) -> None:
    assert glance_at_stages(content) is None


def test_plain_stages_are_known_at_a_glance() -> None:
    assert ["dev", "staging", "production"] == glance_at_stages(PLAIN.encode()) == named(PLAIN.encode())


def without_validation(call: str, content: str) -> tuple[object, bool]:
    """Return what a call in a new process gives for the content, and whether it imported the validation library."""
    code = (
        "import json, sys; from headway.contracts.registry.files import Slot, glance_at_stages, read_claim; "
        f"content = sys.stdin.buffer.read(); print(json.dumps([{call}, 'pydantic' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=content.encode(), capture_output=True, check=True)
    told, imported = json.loads(done.stdout)
    return told, imported


@pytest.mark.parametrize(
    ("reason", "asker"),
    [
        ("fewer misses on small boxes", "ada"),
        ("promotion of detector@v1.0.0 to production", "github-actions[bot]"),
        ("rollback from v1.1.0 to v1.0.0", "Ada Lovelace"),
    ],
)
def test_a_stage_file_as_headway_writes_it_needs_no_validation(reason: str, asker: str) -> None:
    content = desired_yaml(WRITTEN.model_copy(update={"reason": reason, "asked_by": asker, "soak_hours": 24.0}))

    assert (["v1.0.0", "a" * 64], False) == without_validation(
        "read_claim(content, Slot('production', 'detector'))", content
    )


def test_stages_as_the_documentation_has_them_need_no_validation() -> None:
    page = (ROOT / "docs/registry.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (example,) = (block for block in blocks if "\nstages:\n" in block)

    assert (["staging", "production"], False) == without_validation("glance_at_stages(content)", example)
