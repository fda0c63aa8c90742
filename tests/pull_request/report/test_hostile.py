"""Whatever stands in a repository, a report shows it as text and keeps its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from headway.contracts.verdict import Verdict
from headway.pull_request.report.facts import Base, Change, Facts, Run
from headway.pull_request.report.render import render
from tests.pull_request.report.rendered import HOSTILE, rendered
from tests.pull_request.report.reports import data, make_facts, provenance
from tests.verdicts import class_comparison, contender, finding, new_class, verdict, worse_image

Name = Callable[[str], str]
OUR_TAGS = {
    "h2", "h3", "p", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre",
}  # fmt: skip


def named_verdict(name: Name) -> Verdict:
    """Return a verdict in which every text is a name of the author's."""
    plain = verdict()
    assert plain.speed is not None
    return verdict(
        summary=name("summary"),
        model=name("model"),
        candidate=contender(source=name("source")),
        champion=contender(source=name("champion"), commit=name("commit"), model_sha256="c" * 64),
        findings=tuple(
            finding("class", name(f"subject{n}"), "fail" if n % 2 else "pass", name("sentence")) for n in range(20)
        ),
        classes=(class_comparison(name("can"), -0.1), new_class(name("jar"))),
        slices=(plain.slices[0].model_copy(update={"name": name("night")}),),
        speed=plain.speed.model_copy(update={"hardware": name("cpu"), "engine": name("ort")}),
        worse_images=(worse_image(name("image")),),
        notes=(name("note"),),
    )


def named_facts(run: Run, name: Name) -> Facts:
    """Return facts in which every text is a name of the author's."""
    stages = {name("train"): {"deps": [{"path": f"{name('src')}/x.py", "md5": "0" * 32}], "cmd": "true"}}
    after = replace(
        run,
        params={name("section"): {name("key"): name("value"), "number": 2}},
        stages={**stages, name("new"): {}},
        data=data(name, images=13, digest=name("digest")),
        provenance=provenance(hardware=name("gpu"), versions={name("torch"): name("2")}, started_at=name("now")),
    )
    before = replace(run, params={name("gone"): {}}, stages={**stages, name("old"): {}}, data=data(name))
    changes: dict[str, Change] = {f"{name('src')}/x.py": "changed", name("other"): "added"}
    return make_facts(after, verdict=named_verdict(name), base=Base(name("base"), "6" * 40, before, changes))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HOSTILE)
def test_names_are_text_and_keep_every_element_and_table(run: Run, hostile: str) -> None:
    plain = rendered(render(named_facts(run, str), 10**6).text)
    text = render(named_facts(run, lambda part: hostile + part), 10**6).text
    page = rendered(text)

    assert plain.shapes == page.shapes
    assert [tag for tag in plain.tags if tag != "code"] == [tag for tag in page.tags if tag != "code"]
    assert set(page.tags) <= OUR_TAGS
    assert [] == page.attributes


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HOSTILE)
def test_names_hold_no_address_mention_or_command_to_the_runner(run: Run, hostile: str) -> None:
    for text in (
        render(named_facts(run, lambda part: hostile + part), 10**6).text,
        render(named_facts(run, lambda part: part + hostile), 10**6).text,
    ):
        assert [] == [raw for raw in ("@", "://", "www.", "##[") if raw in text.lower()]
        assert [] == [line for line in text.splitlines() if line.lstrip().startswith("::")]
        assert [] == [one for one in text if not one.isprintable() and one != "\n"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HOSTILE)
def test_charts_hold_nothing_that_an_author_named(run: Run, hostile: str) -> None:
    charts = [part.split("```")[0] for part in render(named_facts(run, str)).text.split("```mermaid\n")[1:]]
    epochs = {**(run.epochs or {}), f"train/{hostile}": (1.0,) * 60}
    facts = named_facts(replace(run, epochs=epochs), lambda part: hostile + part)

    assert 3 == len(charts)
    assert charts == [part.split("```")[0] for part in render(facts, 10**6).text.split("```mermaid\n")[1:]]


def test_what_json_says_but_utf8_cannot_is_replaced(run: Run) -> None:
    base = Base("main", "6" * 40, replace(run, data=data(digest="1" * 64)), {})
    text = render(make_facts(replace(run, data=data(lambda name: f"\ud800{name}")), base=base)).text

    assert "<code>\ufffdcan</code>" in text.encode().decode()
