"""`headway bundle verify`."""

from __future__ import annotations

import json
from pathlib import Path

from headway.contracts.manifest import LABELS, read_manifest
from tests.cli.command import run_headway


def test_a_sound_bundle_gives_yes_and_its_identity(bundle: Path) -> None:
    result = run_headway("bundle", "verify", str(bundle), folder=bundle.parent)

    assert 0 == result.returncode
    assert f"{bundle} is sound: 8 files, identity {read_manifest(bundle).identity}\n" == result.stdout


def test_a_changed_bundle_gives_no_and_every_reason(bundle: Path) -> None:
    (bundle / LABELS).write_text("[]")
    (bundle / "extra").touch()
    result = run_headway("bundle", "verify", str(bundle), folder=bundle.parent)

    assert 1 == result.returncode
    assert "2 things are wrong" in result.stdout
    assert "labels.json: changed (sha256 is" in result.stdout
    assert "extra: not part of the bundle" in result.stdout


def test_the_answer_comes_as_json(bundle: Path) -> None:
    (bundle / "extra").touch()
    result = run_headway("bundle", "verify", "--json", "bundle", folder=bundle.parent)

    assert 1 == result.returncode
    assert {
        "sound": False,
        "identity": read_manifest(bundle).identity,
        "files": 8,
        "faults": ["extra: not part of the bundle"],
    } == json.loads(result.stdout)


def test_what_is_no_bundle_is_the_callers_fault(tmp_path: Path) -> None:
    result = run_headway("bundle", "verify", "nowhere", folder=tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert "error: nowhere is not a bundle: it holds no manifest.json\nhint: run: dvc repro package\n" == result.stderr
