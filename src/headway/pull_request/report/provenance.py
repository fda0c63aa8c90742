"""The folded section that says where everything comes from."""

from __future__ import annotations

from collections.abc import Iterator

from headway.contracts.layout import LOCK, PROVENANCE
from headway.contracts.markdown import code, folded, prose, table
from headway.contracts.verdict import Contender
from headway.pull_request.report.facts import Facts

_MOST_VERSIONS = 30


def provenance(facts: Facts) -> Iterator[str]:
    """Yield digests, commits, seed, hardware, versions and duration."""
    rows = [(name, value) for name, value in (*_judged(facts), *_trained(facts))]
    yield from folded("Where this comes from", list(table(("", ""), rows, left=2)))


def _judged(facts: Facts) -> Iterator[tuple[str, str]]:
    verdict, run = facts.verdict, facts.run
    yield "commit", f"{_known(facts.commit)}{', with uncommitted changes' if facts.dirty else ''}"
    yield "merge base", code(facts.base.commit) if facts.base else f"none: {prose(facts.no_base)}"
    yield "dvc.lock, SHA-256", _known(run.lock_sha256, run.missing.get(LOCK))
    yield "data, digest", _known(run.data.digest if run.data else None)
    yield "test images and labels, digest", code(verdict.test_set.digest)
    yield "policy, digest", code(verdict.policy_sha256)
    yield "candidate", _contender(verdict.candidate)
    yield "production", _contender(verdict.champion) if verdict.champion else "none"
    statistics = verdict.statistics
    yield "intervals", f"{statistics.resamples:,} draws of {statistics.unit}s, seed {statistics.seed}"


def _contender(one: Contender) -> str:
    parts = [f"from {code(one.source)}"]
    if one.commit:
        parts.append(f"commit {code(one.commit)}")
    if one.identity:
        parts.append(f"identity {code(one.identity)}")
    return "; ".join([*parts, f"model {code(one.model_sha256)}", f"threshold {one.threshold:.3f}"])


def _trained(facts: Facts) -> Iterator[tuple[str, str]]:
    found = facts.run.provenance
    if found is None:
        yield "training", f"not known: `{PROVENANCE}` {facts.run.missing.get(PROVENANCE, 'is missing')}"
        return
    resumed = f", {found.resumed_epochs} epochs of an earlier process not counted" if found.resumed_epochs else ""
    yield "training, seed", str(found.seed)
    yield "training, hardware", f"{code(found.hardware)}, threads: {found.threads}"
    yield "training, duration", f"{found.wall_time_s:,.0f} s{resumed}; began {code(found.started_at)}"
    versions = sorted(found.versions.items())[:_MOST_VERSIONS]
    yield "versions", ", ".join(code(f"{name} {version}") for name, version in versions) or "not known"


def _known(value: str | None, otherwise: str | None = None) -> str:
    return code(value) if value else (otherwise or "not known")
