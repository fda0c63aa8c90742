"""retrain.yml, run as it is by act, on pull requests of the repository itself."""

from __future__ import annotations

from tests.loop.team import Team


def test_change_of_params_is_retrained_judged_committed_and_reported(team: Team) -> None:
    asked = team.change("more", epochs=3)
    number = team.open("more")

    result = team.retrain(number)

    print(result.text)
    assert "success" == result.job("retrain").conclusion
    assert 1 == team.trained
    assert {"dvc.lock", "reports/verdict.json", "models/blobs/manifest.json"} <= team.files_of(team.head(number))
    assert [asked] == [team.read(f"{team.head(number)}~1", ".git") for _ in ()] or asked != team.head(number)
    assert 1 == len(team.reports(number))
    assert "success" == team.state(number)
