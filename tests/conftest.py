"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.github.fixtures import fake_github, github_contract

__all__ = ["fake_github", "github_contract"]

settings.register_profile("headway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("headway")  # how fast a machine is decides no test

ROOT = Path(__file__).resolve().parent.parent
_LONG = tuple(ROOT / "tests" / name for name in ("loop", "pipeline", "training"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: last of all, they would keep one process busy while the others have none left."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(folder) for folder in _LONG))


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Folder with the real data sets and weights, beside the repository or where HEADWAY_SHARED says."""
    folder = Path(os.environ.get("HEADWAY_SHARED", ROOT.parent / "shared"))
    if not (folder / "datasets").is_dir():
        pytest.skip(f"the real data sets are not at {folder}; set HEADWAY_SHARED")
    return folder


@pytest.fixture(scope="session", autouse=True)
def quiet_ultralytics(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep Ultralytics' settings and fonts out of the home folder of whoever runs the tests."""
    os.environ.setdefault("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("ultralytics")))
    os.environ.setdefault("YOLO_OFFLINE", "true")
