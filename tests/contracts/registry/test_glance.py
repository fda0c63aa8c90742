"""What is told of a file at a glance is what its validation says, or nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.registry.desired import Desired, desired_yaml, parse_stage_file
from headway.contracts.registry.files import glance_at_stages, read_claim
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import parse_stages
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

SLOT = Slot("production", "detector")
PLAIN = b"""# Stages, in their order.
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
NAMES = st.sampled_from(["dev", "a-b", "x1", "on", "null", "-a", "A", "dev-"])
RULES = st.sampled_from(
    [
        "    gate: current",
        "    gate: now",
        "    approvals: 1",
        "    approvals: 11",
        "    approvals: 08",
        "    soak_hours: 24",
        "    soak_hours: 0",
        "    soak_hours: 1e3",
        "    after: dev",
        "    after: null",
        "    after: x1",
        "    after: dev#x",
        "    # said\u2028    soak: 1",
        "    gate: current\r",
        "\tgate: current",
        "    soak: 1",
        "",
    ]
)
STAGE = st.builds(
    lambda name, rules, end: "\n".join([f"  {name}:{end}", *rules]),
    NAMES,
    st.lists(RULES, max_size=3),
    st.sampled_from(["", "", " {}", " # why", "  "]),
)
HEAD = st.sampled_from(
    ["schema_version: 1\nstages:\n", "schema_version: 1\nsigned_tags: true\nstages:\n", "stages:\n", "---\nstages:\n"]
)


def validated(content: bytes) -> list[str] | None:
    try:
        return list(parse_stages(content, "stages.yaml").stages)
    except InputError:
        return None


def test_a_plain_file_is_known_at_a_glance() -> None:
    assert ["dev", "staging", "production"] == glance_at_stages(PLAIN) == validated(PLAIN)


@given(HEAD, st.lists(STAGE, min_size=1, max_size=3))
def test_a_glance_at_stages_sees_what_validation_sees_or_nothing(head: str, stages: list[str]) -> None:
    content = (head + "\n".join(stages) + "\n").encode()

    assert glance_at_stages(content) in (None, validated(content))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"stages: [", b"schema_version: 1\nstages:\n"])
def test_of_nonsense_a_glance_tells_nothing(content: bytes) -> None:
    assert glance_at_stages(content) is None


@given(
    st.builds(
        Desired,
        model=st.sampled_from(["detector", "reader", "on"]),
        version=st.sampled_from(["v1.0.0", "v10.0.3"]),
        identity=st.sampled_from(["0" * 64, "1e" * 32, "a" * 64]),
        reason=st.text(min_size=1, max_size=20).filter(one_line),
        asked_by=st.just("ada"),
    )
)
def test_what_a_written_file_claims_is_what_it_says(desired: Desired) -> None:
    content = desired_yaml(desired).encode()
    slot = Slot("production", desired.model)

    assert (desired.version, desired.identity) == read_claim(content, slot)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("model: detector", "model: reader"),
        lambda text: text.replace("version: v1.0.0", "version: v1"),
        lambda text: text.replace("identity: a", "identity: z"),
        lambda text: text.replace("asked_by: ada\n", ""),
        lambda text: text + "version: v2.0.0\n",
        lambda text: text + "unknown: true\n",
        lambda text: text + "---\nversion: v2.0.0\n",
        lambda text: text.replace("reason: r", "reason: null"),
        lambda text: text.replace("reason: r", "reason: yes"),
        lambda text: text.replace("reason: r", f"reason: {'r' * 301}"),
        lambda text: text.replace("reason: r", "reason: [r"),
        lambda text: text.replace("soak_hours: 0.0", "soak_hours: -1.0"),
        lambda text: text.replace("percent: 50.0", "percent: 5.0"),
        lambda text: text.replace("a" * 64, "1" * 64),
        lambda text: text.replace("a" * 64, "0b" + "1" * 62),
        lambda text: text[:-30],
        lambda text: "",
    ],
)
def test_a_faulty_file_claims_nothing(edit: object) -> None:
    desired = Desired(model="detector", version="v1.0.0", identity="a" * 64, reason="r", asked_by="ada")
    content = edit(desired_yaml(desired)).encode()  # type: ignore[operator]

    with pytest.raises(InputError):
        parse_stage_file(content, SLOT)
    assert read_claim(content, SLOT) is None


@given(
    reason=st.from_regex(r"[a-zA-Z0-9~][\w .,:;#()'\"+/=-]{0,12}", fullmatch=True),
    rest=st.sampled_from(["soak_hours: 1\n", "soak_hours: 1e3\n", "soak_hours: 1\nhold: null\n", "soak_hours: x\n"]),
)
def test_a_file_of_any_text_claims_what_validation_says(reason: str, rest: str) -> None:
    content = f"schema_version: 1\nmodel: detector\nversion: v1.0.0\nidentity: {'a' * 64}\nreason: {reason}\n".encode()
    content += f"asked_by: ada\n{rest}".encode()
    try:
        expected = parse_stage_file(content, SLOT)
    except InputError:
        assert read_claim(content, SLOT) is None
    else:
        assert (expected.version, expected.identity) == read_claim(content, SLOT)


def test_a_file_as_headway_writes_it_by_default_needs_no_validation() -> None:
    content = desired_yaml(Desired(model="detector", version="v1.0.0", identity="a" * 64, reason="r", asked_by="ada"))
    code = (
        "import sys; from headway.contracts.registry.files import Slot, read_claim; "
        "print(read_claim(sys.stdin.buffer.read(), Slot('production', 'detector')), 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, text=True, check=True)

    assert f"{('v1.0.0', 'a' * 64)} False\n" == done.stdout
