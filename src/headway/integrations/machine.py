"""The machine and the installed packages, for records of where a number was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def available_cores() -> int:
    """Return how many cores this process may use: containers often have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_hardware() -> str:
    """Return the CPU's model and the cores in use, for example "AMD EPYC 7763, 4 cores"."""
    cores = available_cores()
    return f"{cpu_model()}, {cores} core{'s' if cores != 1 else ''}"


def cpu_model(cpu_info: Path = _CPU_INFO) -> str:
    """Return the CPU's model name, or its architecture where the system does not say."""
    try:
        lines = cpu_info.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(named), "") or platform.processor() or platform.machine()


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, by name, without importing it; absent ones are left out."""
    versions = {}
    for name in sorted(names):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
