"""`headway verify` on a repository of 10 stages and 1,000 commits, beside what DVC itself can say of a working tree."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

from bench.scratch import WORK, Clone
from bench.timing import Measure, alone, alternate, compare, say

STAGES = 10
COMMITS = 1000
FILES = 200
"""Files of code in the folder that every stage depends on."""
ROUNDS = 7
GOAL_S = 1.0


def measure_verify(clone: Clone) -> list[Measure]:
    """Measure `headway verify --no-remote` as a whole process, with and without the records of runs.

    Beside it stands `dvc status`, which does not answer the question: it ends with 0 on stale results, and needs the
    data.
    """
    say(f"verify: a repository of {STAGES} stages and {COMMITS} commits ...")
    ran = Clone(_make_repository(WORK / "verify"))
    bare = Clone(WORK / "verify-clone")
    ran.run("git", "clone", "--quiet", str(ran.root), str(bare.root))
    code = {"PYTHONPATH": str(clone.root / "src")}
    words = ("headway", "verify", "--no-remote")
    sides = {
        "verify": partial(ran.seconds, *words, **code),
        "verify in a clone": partial(bare.seconds, *words, **code),
        "dvc status": partial(ran.seconds, "python", "-m", "dvc", "status", "--quiet"),
    }
    seconds = alternate(sides, ROUNDS)
    name = f"verify, {STAGES} stages, {COMMITS} commits"
    note = "dvc status hashes the working tree, compares less, and cannot tell stale results from missing data"
    return [
        alone(name, seconds["verify"], goal=GOAL_S),
        alone(f"{name}, a clone without data", seconds["verify in a clone"], goal=GOAL_S),
        compare("verify and dvc status", seconds["verify"], seconds["dvc status"], goal=2.0, note=note),
    ]


def _make_repository(root: Path) -> Path:
    """Make a repository whose stages ran, and whose dvc.lock changed in one commit of ten."""
    root.mkdir(parents=True)
    made = Clone(root)
    made.run("git", "init", "--quiet")
    made.run("python", "-m", "dvc", "init", "--quiet")
    (root / "raw.txt").write_text("raw\n")
    made.run("python", "-m", "dvc", "add", "--quiet", "raw.txt")
    for number in range(FILES):
        path = root / "code" / f"part{number % 10}" / f"file{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"VALUE = {number}\n" * 50)
    (root / "params.yaml").write_text(
        "".join(f"s{number}: {{rate: 0.1, size: {number}}}\n" for number in range(STAGES))
    )
    (root / "dvc.yaml").write_text("stages:\n" + "".join(map(_stage, range(STAGES))))
    made.run("python", "-m", "dvc", "repro", "--quiet")
    made.run("git", "add", "--all")
    tree = made.run("git", "write-tree").strip()
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=_history(root), check=True)
    author = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
    last = made.run("git", *author, "commit-tree", "-p", "history", "-m", "as it ran", tree).strip()
    made.run("git", "update-ref", "HEAD", last)
    return root


def _stage(number: int) -> str:
    before = f"out{number - 1}.txt" if number else "raw.txt"
    return (
        f"  s{number}:\n    cmd: cp {before} out{number}.txt && echo {{}} > metrics{number}.json\n"
        f"    params: [s{number}]\n    deps: [{before}, code]\n    outs: [out{number}.txt]\n"
        f"    metrics:\n      - metrics{number}.json: {{cache: false}}\n"
    )


def _history(root: Path) -> bytes:
    """Return a stream for `git fast-import`: commits that change a file each, every tenth of them dvc.lock as well."""
    lock = (root / "dvc.lock").read_text()
    lines = []
    for number in range(COMMITS - 1):
        message, text = f"change {number}", f"VALUE = {number}\n"
        lines += ["commit refs/heads/history", f"committer Bench <bench@example.org> {1700000000 + number} +0000"]
        lines += [f"data {len(message)}", message, f"M 100644 inline notes/file{number % 100}.txt", _data(text)]
        if number % 10 == 0:
            lines += ["M 100644 inline dvc.lock", _data(lock.replace("rate: 0.1", f"rate: 0.{number + 2}"))]
    return ("\n".join(lines) + "\n").encode()


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}"
