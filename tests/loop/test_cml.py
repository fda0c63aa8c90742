"""The report through CML: retrain.yml with the double of `cml` on the PATH, over TLS as CML insists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acme import write_certificate
from tests.cml_double import install_cml_double
from tests.github.contract import Contract
from tests.github.server import serve
from tests.loop.conftest import BRANCH, FirstRun
from tests.loop.team import Team, copy_team


@pytest.fixture
def secure(first_run: FirstRun, github_contract: Contract, tmp_path: Path) -> Iterator[Team]:
    """A team whose pull request 1 has been retrained, on a fake that speaks TLS; nothing is reported yet."""
    certificate = write_certificate(tmp_path / "localhost.pem")
    with serve(github_contract, certificate) as github:
        team = copy_team(first_run.team.folder, tmp_path, github)
        team.open(BRANCH)
        names = "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"
        team.act.environment |= dict.fromkeys(names, str(certificate))
        yield team
    assert [] == github.violations, "\n".join(github.violations)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["working", "failing"])
def test_one_report_whether_cml_works_or_not(secure: Team, tmp_path: Path, mode: str) -> None:
    secure.act.environment["TEST_CML_BIN"] = str(install_cml_double(tmp_path / "bin", mode))
    for _ in range(2):
        assert "success" == secure.retrain(1).job("retrain").conclusion
    (report,) = secure.reports(1)
    assert "CML watermark headway-blobs" in report.body
    written = [one for one in secure.github.exchanges if one.path.endswith("/comments") and one.method == "POST"]
    assert 1 == len(written)
