"""The pull request's text, as GitHub's own parser shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.github import COMMENT_LIMIT
from headway.contracts.registry.desired import Hold
from headway.contracts.registry.stages import StageRules
from headway.registry.earned import Refusal, refuse_promotion
from headway.registry.proposal import Held, Proposal, write_body, write_title
from headway.registry.review import ReviewedFile, may_merge, write_review, write_verdict
from tests.finished_run import scorecard
from tests.pull_request.report.rendered import HOSTILE, Page, rendered
from tests.registry.line import make_manifest
from tests.registry.promotions import desired, facts, tenure, version
from tests.verdicts import class_comparison, verdict

_PLAIN = {
    "p", "code", "ul", "li", "h3", "h2", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "strong",
    "blockquote", "pre",
}  # fmt: skip
_TEXT = HOSTILE.filter(lambda text: any(one.isprintable() and not one.isspace() for one in text)).map(lambda t: t[:300])


def proposal(**changes: Any) -> Proposal:
    values: dict[str, Any] = {
        "kind": "promotion",
        "desired": desired("v1.1.0"),
        "facts": facts(),
        "manifest": make_manifest("new"),
        "scorecard": scorecard(),
        "held": Held(version("v1.0.0"), make_manifest("old")),
        "waived": (),
    }
    return Proposal(**{**values, **changes})


def page(**changes: Any) -> Page:
    return rendered(write_body(proposal(**changes)))


def test_the_title_says_what_happens() -> None:
    assert "Promote detector@v1.1.0 to production" == write_title(proposal())
    assert "Roll back detector in production to v1.1.0" == write_title(proposal(kind="rollback"))


def test_what_why_and_who_come_first() -> None:
    text = page().text
    assert text.startswith("Promotes detector@v1.1.0 to production, which is declared v1.0.0 now.")
    assert "Why: better" in text
    assert "Asked by: ada" in text


def test_scores_stand_beside_those_of_what_is_there() -> None:
    rows = page().tables[0]
    assert ["", "detector@v1.1.0", "detector@v1.0.0, there now", "Difference"] == rows[0]
    assert ["mAP50-95", "0.500", "0.500", "+0.000"] == rows[1]


def test_the_same_test_set_or_not_is_said_plainly() -> None:
    other = Held(version("v1.0.0", test_set="9" * 64), make_manifest("old"))
    assert "Both were scored on the same test set, 333333333333." in page().text
    assert "They were scored on different test sets (333333333333 and 999999999999)" in page(held=other).text


def test_an_empty_stage_has_nothing_to_compare_with() -> None:
    found = page(held=None, facts=facts(present=None))
    assert ["", "detector@v1.1.0"] == found.tables[0][0]
    assert "which is empty now" in found.text


def test_identities_are_shown_whole() -> None:
    assert version().record.identity in page().text


def test_the_soak_is_shown_with_its_dates_and_whether_anybody_attests_them() -> None:
    attested, unattested = (page(facts=facts(upstream=(tenure(attested=one),))).text for one in (True, False))
    assert "held it from 2026-11-16 08:00 UTC until now: 100.0 h of the 24.0 h" in attested
    assert "held it from 2026-11-16 08:00 UTC (unattested) until now" in unattested


def test_a_new_verdict_is_shown_with_its_figures() -> None:
    found = page(facts=facts(rules=StageRules(gate="current"), verdict=verdict(decision="accept")))
    assert "Judged again, against what the stage holds now: Reject: mAP50-95 changes by" in found.text
    assert ["map50_95", "0.512 (0.472 to 0.552)"] == found.tables[3][1][:2]


def test_what_is_skipped_stands_at_the_top() -> None:
    waived = refuse_promotion(facts(upstream=()))
    found = page(facts=facts(upstream=()), desired=desired("v1.1.0", expedited="the line stands"), waived=waived)
    assert "Expedited: the line stands" in found.text
    assert "skips upstream: staging has not held detector@v1.1.0" in found.text
    assert found.text.index("Expedited") < found.text.index("Scores")


def test_the_rollout_and_the_way_back_are_told() -> None:
    found = page()
    assert ["1", "1 %", "20", "1 h"] == found.tables[-1][1]
    assert "headway rollback production --model detector" in found.text


def test_a_rollback_says_so_and_shows_its_hold() -> None:
    hold = Hold(reason="worse at night", against="v1.2.0", set_by="ada")
    found = page(kind="rollback", desired=desired("v1.1.0", hold=hold))
    assert found.text.startswith("Rolls detector in production, which is declared v1.0.0 now, back to v1.1.0.")
    assert "Sets a hold: worse at night" in found.text
    assert "Soak" not in found.text


@given(_TEXT)
def test_no_text_from_anybody_is_more_than_text(text: str) -> None:
    card = scorecard()
    refusal = Refusal("upstream", text, text)
    found = facts(
        rules=StageRules(after="staging", gate="current"),
        verdict=verdict(summary=text, classes=(class_comparison(text, 0.1),)),
    )
    written = write_body(
        proposal(
            desired=desired(
                "v1.1.0", reason=text, asked_by=text, expedited=text,
                hold=Hold(reason=text, against="v1.0.0", set_by=text),
            ),
            facts=replace(found, version=version(summary=text, decision=text)),
            scorecard=card.model_copy(
                update={"per_class": tuple(one.model_copy(update={"name": text}) for one in card.per_class)}
            ),
            waived=(refusal,),
        )
    )  # fmt: skip
    shown = rendered(written)

    assert _PLAIN >= set(shown.tags)
    assert [] == shown.attributes
    assert rendered(write_body(proposal())).tags.count("h3") == shown.tags.count("h3")


def test_the_longest_text_fits_githubs_limit() -> None:
    text, card = "\U0001f600" * 300, scorecard()
    classes = tuple(card.per_class[0].model_copy(update={"name": text}) for _ in range(200))
    long = desired(
        "v1.1.0", reason=text, asked_by=text, expedited=text, hold=Hold(reason=text, against="v1.0.0", set_by=text)
    )
    written = write_body(
        proposal(
            desired=long,
            scorecard=card.model_copy(update={"per_class": classes}),
            facts=replace(facts(verdict=verdict(summary=text)), version=version(summary=text)),
            waived=[Refusal("gate", text, text)] * 4,
        )
    )
    assert COMMENT_LIMIT >= len(written)


@given(_TEXT, st.booleans())
def test_a_review_shows_text_as_text(text: str, refused: bool) -> None:
    refusal = Refusal("file", text, text)
    file = ReviewedFile(
        text, f"promotion of {text}", (refusal,) if refused else (), (refusal,), text, (f"note: {text}",), proposal()
    )
    shown = rendered(write_review([file]))

    assert _PLAIN >= set(shown.tags)
    assert [] == shown.attributes
    assert may_merge([file]) is not refused


def test_a_review_that_is_too_long_leaves_out_the_evidence() -> None:
    many = [ReviewedFile(f"models/registry/s/{n}.yaml", "promotion", proposal=proposal()) for n in range(60)]
    assert "Scores" in write_review(many[:2])
    assert "Scores" not in write_review(many)
    assert len(write_review(many * 100)) <= 65_536


def test_the_verdict_names_every_kind_of_reason_once() -> None:
    refusals = Refusal("soak", "", ""), Refusal("bytes", "", ""), Refusal("soak", "", "")
    assert "May not be merged: bytes, soak." == write_verdict([ReviewedFile("a", "", refusals)])
    assert "May be merged." == write_verdict([ReviewedFile("a", "")])
    assert "Nothing to promote." == write_verdict([])
