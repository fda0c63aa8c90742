"""Stage files and stages.yaml: what is written is read again, and faults are named with their line."""

from __future__ import annotations

import pytest

from headway.contracts.registry.desired import Desired, Hold, desired_path, desired_yaml, parse_desired, slot_of
from headway.contracts.registry.stages import Stages, parse_stages
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

STAGES = b"""\
stages:
  staging: {}
  production:
    after: staging
    soak_hours: 24
"""
DESIRED = Desired(
    model="detector", version="v1.2.0", identity="0" * 64, reason="better: 'recall' #1 — \u00e9", asked_by="alice",
    hold=Hold(reason="slow", against="v1.3.0", set_by="bob"),
)  # fmt: skip


def test_a_stage_file_is_read_as_it_was_written() -> None:
    assert DESIRED == parse_desired(desired_yaml(DESIRED).encode(), "x.yaml")


def test_writing_again_gives_the_same_bytes() -> None:
    once = desired_yaml(DESIRED)
    assert once == desired_yaml(parse_desired(once.encode(), "x.yaml"))


def test_the_order_of_the_keys_is_the_order_of_the_stages() -> None:
    assert ["staging", "production"] == list(parse_stages(STAGES, "stages.yaml").stages)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("after: staging", "after: canary", "which is no stage above it"),
        ("after: staging", "aftr: staging", "stages.yaml:4: stages.production.aftr: no such parameter"),
        ("soak_hours: 24", "soak_hours: soon", "stages.yaml:5: stages.production.soak_hours"),
        ("production:", "Production:", "stages.yaml:3"),
    ],
)
def test_a_fault_in_stages_yaml_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=r"stages\.yaml") as caught:
        parse_stages(STAGES.decode().replace(old, new).encode(), "stages.yaml")
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("version: 1.2.0", "x.yaml:2: version"),
        ("version: v1.2.0\nvesion: v1.3.0", "vesion: no such parameter; did you mean 'version'?"),
        ("version: [", "x.yaml"),
        ("version: v1.2.0\nrollout: {waves: [{percent: 50, hours: 1}]}", "waves must widen"),
    ],
)
def test_a_fault_in_a_stage_file_is_named(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_desired(f"model: detector\n{line}\nidentity: {'a' * 64}\nreason: r\nasked_by: a\n".encode(), "x.yaml")
    assert message in caught.value.message


def test_a_path_and_its_slot_are_inverse() -> None:
    slot = Slot("production", "detector")
    assert slot == slot_of(desired_path(slot))


@pytest.mark.parametrize("path", ["models/registry/stages.yaml", "models/registry/a/b/c.yaml", "x/registry/a/b.yaml"])
def test_other_paths_are_no_stage_files(path: str) -> None:
    assert slot_of(path) is None


def test_stages_have_a_default_plan_that_ends_with_every_device() -> None:
    stages = Stages.model_validate({"stages": {"edge": {}}})
    assert 100.0 == stages.stages["edge"].rollout.waves[-1].percent
