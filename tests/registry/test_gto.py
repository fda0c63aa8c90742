"""GTO, the real one, prints the state that Headway reads: of whatever history `headway reconcile` echoes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from headway.contracts.registry.files import desired_path
from headway.contracts.registry.tags import Slot
from headway.registry.reconcile import reconcile
from headway.registry.state import State
from headway.registry.timeline import list_events
from tests.cli.command import run_headway
from tests.registry.line import GIT, Line, copy_line, make_line
from tests.registry.racing import registry_of

gto = pytest.importorskip("gto.api")

MODELS = "detector", "reader"
SLOTS = [Slot(stage, model) for stage in ("staging", "production") for model in MODELS]
VERSIONS = "v1.0.0", "v1.1.0"
FAULTY = "faulty"
STAGE_FILE = st.sampled_from([None, *VERSIONS, FAULTY])
Steps = Sequence[tuple[Slot, str | None]]


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Return a line with two models whose versions were tagged in the same second."""
    line = make_line(tmp_path_factory.mktemp("registered"))
    for number, version in enumerate(VERSIONS):
        for model in MODELS:
            line.new_model(number, model=model)
            line.register(f"{model}@{version}", at=1_800_000_000 + number)
    line.push()
    return line


def declare(line: Line, steps: Steps) -> None:
    """Commit stage files, each as a declaration of its own, and push them."""
    held: dict[Slot, str | None] = {}
    for number, (slot, version) in enumerate(steps):
        if version == FAULTY:
            line.commit({desired_path(slot): f"nonsense {number}\n"})
        elif version is not None or held.get(slot) is not None:
            line.declare(slot.stage, version, model=slot.model, reason=f"step {number}")
        held[slot] = version
    line.push()


def echo(line: Line, now_s: int) -> None:
    """Make the missing echoes, all in the same second by the clock."""
    reconcile(
        registry_of(line),
        attest=None,
        wait_for_forge=lambda _: None,
        now_s=lambda: now_s,
        new_run=lambda: os.urandom(16).hex(),
        wait=lambda _: None,
    )


def tagged(state: State) -> Mapping[str, Mapping[str, str]]:
    """Return model -> stage -> version, as Headway reads it."""
    found: dict[str, dict[str, str]] = {model: {} for model in MODELS}
    for slot, echoes in state.echoes.items():
        if version := echoes[-1].record.version:
            found[slot.model][slot.stage] = version
    return found


def shown(line: Line) -> Mapping[str, Mapping[str, str]]:
    """Return the same, as `gto show` prints it."""
    return {
        model: {stage: version for stage, version in found["stage"].items() if version}
        for model, found in gto.show(str(line.clone)).items()
    }


def told(state: State) -> Sequence[tuple[str, str]]:
    """Return the tags of all stages, with the commit that each is of, in the order in which Headway tells them."""
    return [
        (echo.tag.name, echo.tag.commit or "")
        for event in list_events(state)
        for echo in state.echoes.get(event.slot, ())
        if echo.declaration == event.declaration
    ]


def listed(line: Line) -> Sequence[tuple[str, str]]:
    """Return the same, as `gto history` prints it."""
    events = gto.history(str(line.clone), ascending=True)
    return [(event["ref"], event["commit"]) for event in events if event["stage"]]


STORY: Steps = [
    (SLOTS[0], "v1.0.0"),
    (SLOTS[2], "v1.0.0"),
    (SLOTS[0], "v1.1.0"),
    (SLOTS[2], "v1.1.0"),
    (SLOTS[2], "v1.0.0"),  # back to an older version
    (SLOTS[1], "v1.1.0"),
    (SLOTS[0], None),
    (SLOTS[0], "v1.1.0"),
    (SLOTS[3], "v1.0.0"),
    (SLOTS[3], None),
]


def test_both_show_the_same_after_rollbacks_and_emptied_stages(registered: Line, tmp_path: Path) -> None:
    line = copy_line(registered, tmp_path)
    declare(line, STORY[:5])
    echo(line, 1_800_000_100)
    declare(line, STORY[5:])
    echo(line, 1_800_000_100)

    expected = {"detector": {"staging": "v1.1.0", "production": "v1.0.0"}, "reader": {"staging": "v1.1.0"}}
    assert expected == tagged(line.state())
    assert expected == shown(line)
    assert told(line.state()) == listed(line)


def test_both_know_the_same_versions(registered: Line) -> None:
    expected = {model: list(VERSIONS) for model in MODELS}

    assert expected == {
        model: [str(one.number) for one in found] for model, found in registered.state().versions.items()
    }
    assert expected == {
        model: sorted(one["version"] for one in gto.show(str(registered.clone), model)) for model in MODELS
    }


def test_headway_status_prints_what_gto_shows(registered: Line, tmp_path: Path) -> None:
    line = copy_line(registered, tmp_path)
    declare(line, STORY)
    reconciled = run_headway("reconcile", folder=line.root, **GIT)
    assert 0 == reconciled.returncode, reconciled.stderr

    printed = json.loads(run_headway("status", "--json", folder=line.root, **GIT).stdout)

    found: dict[str, dict[str, str]] = {model: {} for model in MODELS}
    for slot in printed["slots"]:
        if slot["tagged"] != "-":
            found[slot["model"]][slot["stage"]] = slot["tagged"]
    assert shown(line) == found


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(SLOTS[:3]), STAGE_FILE), min_size=1, max_size=9), cut=st.integers(0, 9))
@example(steps=[(SLOTS[0], FAULTY), (SLOTS[0], None)], cut=0)
@example(steps=[(SLOTS[0], "v1.0.0"), (SLOTS[2], "v1.0.0"), (SLOTS[0], "v1.1.0")], cut=3)
@example(steps=[(SLOTS[0], "v1.0.0"), (SLOTS[0], "v1.1.0"), (SLOTS[0], None)], cut=0)
@example(steps=[(SLOTS[0], "v1.0.0"), (SLOTS[0], None), (SLOTS[0], "v1.1.0")], cut=2)
def test_both_agree_on_any_history(
    registered: Line, tmp_path_factory: pytest.TempPathFactory, steps: Steps, cut: int
) -> None:
    line = copy_line(registered, tmp_path_factory.mktemp("any"))
    declare(line, steps)
    echo(line, 1_800_000_100)
    declare(line, steps[:cut])
    echo(line, 1_800_000_090)  # a clock that goes back

    assert tagged(line.state()) == shown(line)
    assert told(line.state()) == listed(line)
