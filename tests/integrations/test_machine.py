from __future__ import annotations

import importlib.metadata
from pathlib import Path

from headway.integrations.machine import available_cores, cpu_model, describe_hardware, package_versions


def test_the_cpu_is_named_as_the_system_names_it(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Fast CPU: 3 GHz\nmodel name\t: Other\n")
    assert "Fast CPU: 3 GHz" == cpu_model(tmp_path / "cpuinfo")


def test_a_system_that_does_not_name_its_cpu_gives_its_architecture(tmp_path: Path) -> None:
    assert cpu_model(tmp_path / "absent")


def test_hardware_names_the_cores_in_use() -> None:
    assert f", {available_cores()} core" in describe_hardware()


def test_versions_of_installed_packages_alone() -> None:
    expected = {"numpy": importlib.metadata.version("numpy")}
    assert expected == package_versions(["numpy", "no-such-package-at-all"])
