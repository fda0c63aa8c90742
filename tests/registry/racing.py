"""Reconcilers as processes that race on one real bare repository, and that SIGKILL ends anywhere."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from headway.contracts.registry.tags import Slot
from headway.errors import HeadwayError
from headway.integrations.git.registry import GitRegistry
from headway.integrations.git.remote import Access
from headway.integrations.git.writing import Identity
from headway.registry.reading import read_state
from headway.registry.reconcile import Outcome, reconcile
from headway.registry.state import State
from tests.registry.line import MODEL, Line, make_registered_line

VERSIONS = ("v1.0.0", "v1.1.0")
_FAILED = 100
_PROCESSES = multiprocessing.get_context("fork")

Work = Callable[[Line, Random], Outcome]


@dataclass
class Tally:
    """What happened: runs that were begun and killed, and the attempts of those that ended by themselves."""

    runs: int = 0
    killed: int = 0
    attempts: int = 0


@dataclass
class Arena:
    """A bare repository, and clones of it, one for each racer.

    Attributes:
        line: the clone that declarations are made in.
        random: who is killed, and when; which moment that is, the machine decides.
        clones: of the racers; a killed one's successor begins with a new clone, as a job of CI does.
    """

    line: Line
    random: Random
    tally: Tally = field(default_factory=Tally)
    clones: dict[int, Line] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)
    _made: int = 0
    _lasted_s: float = 0.5

    def declare(self, stage: str, version: str | None) -> str:
        """Bring a declaration to the remote's default branch, and return its commit."""
        commit = self.line.declare(stage, version)
        self.line.git("push", "--quiet", "origin", "HEAD:main")
        return commit

    def race(self, work: Sequence[Work], *, share_killed: float = 0.0) -> None:
        """Run all at once, each in a process and a clone of its own; a share of them is killed at random moments."""
        racers = []
        for number, one in enumerate(work):
            clone = self.clones.get(number) or self.clone()
            self.clones[number] = clone
            racers.append(_PROCESSES.Process(target=_run, args=(one, clone, self.random.random())))
        for racer in racers:
            racer.start()
        began = time.monotonic()
        victims = [racer for racer in racers if self.random.random() < share_killed]
        moments = sorted(self.random.uniform(0, self._lasted_s) for _ in victims)
        for moment, victim in zip(moments, victims, strict=True):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            if victim.exitcode is None:  # asked last of all: a number that was waited for may be another's by now
                _kill(victim.pid)
        for number, racer in enumerate(racers):
            racer.join()
            self._count(number, racer.exitcode)
        self._lasted_s = time.monotonic() - began

    def clone(self) -> Line:
        """Clone the remote; what receives a push lives on when its client is killed, as on a server."""
        self._made += 1
        place = self.line.bare.parent / f"racer-{self._made}"
        self.line.git("clone", "--quiet", "--template=", str(self.line.bare), str(place))
        clone = Line(place, self.line.bare, place)
        clone.git("config", "remote.origin.receivepack", "setsid git-receive-pack")
        return clone

    def check(self, expected: Mapping[Slot, Sequence[str]]) -> None:
        """Hold the remote against the declarations: all are there, in order, once; no tag was ever moved; settled."""
        reader = self.clone()
        settle(reader)
        state = _read(reader)
        assert () == state.distrusted
        assert {slot: list(commits) for slot, commits in expected.items()} == _echoed(state)
        for echoes in state.echoes.values():
            assert list(range(1, len(echoes) + 1)) == [echo.n for echo in echoes]
            assert len({(echo.declaration, echo.tag.commit) for echo in echoes}) == len(echoes)
            assert [None, *(echo.tag.oid for echo in echoes[:-1])] == [echo.record.previous for echo in echoes]
            dates = [echo.tag.tagged_at or 0 for echo in echoes]
            assert sorted(set(dates)) == dates
        tags = {echo.tag.name: echo.tag.oid for echoes in state.echoes.values() for echo in echoes}
        assert self._seen.items() <= tags.items()
        self._seen = tags
        assert () == settle(reader).made

    def declared(self) -> Mapping[Slot, Sequence[str]]:
        """Return the declarations that the remote's default branch has."""
        declarations = _read(self.clone()).declarations
        return {slot: [one.commit for one in found] for slot, found in declarations.items()}

    def _count(self, number: int, code: int | None) -> None:
        self.tally.runs += 1
        if code == -signal.SIGKILL:
            self.tally.killed += 1
            del self.clones[number]
            return
        assert code is not None and 0 < code < _FAILED, "a reconciler failed by itself"
        self.tally.attempts += code


def make_arena(folder: Path, seed: int) -> Arena:
    """Make an arena whose model has two versions."""
    line = make_registered_line(folder, versions=len(VERSIONS))
    line.git("config", "advice.detachedHead", "false")
    return Arena(line, Random(seed))


def registry_of(clone: Line) -> GitRegistry:
    """Return a clone and its remote."""
    return GitRegistry(clone.root, Access(), "main", Identity("Bot", "bot@example.org"))


def settle(clone: Line, random: Random | None = None) -> Outcome:
    """Reconcile, as the verb does it."""
    random = random or Random(0)
    return reconcile(
        registry_of(clone),
        attest=None,
        wait_for_forge=lambda _: None,
        now_s=lambda: int(time.time()),
        new_run=partial(secrets.token_hex, 16),
        wait=lambda lost: time.sleep(random.uniform(0, 0.05 * lost)),
    )


def declare_and_settle(stage: str, version: str | None) -> Work:
    """Return a racer that merges its own declaration first, however often others are faster."""

    def work(clone: Line, random: Random) -> Outcome:
        pushed = False
        while not pushed:
            clone.git("fetch", "--quiet", "origin", "main")
            clone.git("reset", "--quiet", "--hard", "FETCH_HEAD")
            clone.declare(stage, version)
            with suppress(AssertionError):
                clone.git("push", "--quiet", "origin", "HEAD:main")
                pushed = True
        return settle(clone, random)

    return work


def _run(work: Work, clone: Line, seed: float) -> None:
    """Run a racer in a process group of its own; the exit code is the number of its attempts."""
    os.setsid()
    try:
        code = work(clone, Random(seed)).attempts
    except HeadwayError as error:
        sys.stderr.write(f"{error.message}\n")
        code = _FAILED
    os._exit(code)


def _kill(pid: int | None) -> None:
    """Kill a racer and the git programs that it started; one that has ended is left alone."""
    assert pid is not None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # it starts nothing more
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it had no group of its own yet


def _read(clone: Line) -> State:
    return read_state(registry_of(clone).refresh())


def _echoed(state: State) -> Mapping[Slot, Sequence[str]]:
    return {
        slot: list(dict.fromkeys(echo.declaration.commit for echo in echoes)) for slot, echoes in state.echoes.items()
    }


def slot(stage: str) -> Slot:
    return Slot(stage, MODEL)
