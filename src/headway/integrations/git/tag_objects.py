"""Git: annotated tags as objects alone. No ref of the clone is made, so that nothing has to be taken back."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from headway.errors import InputError, OutsideError
from headway.integrations.git.command import Answer, ask, names, tell
from headway.integrations.git.writing import Identity
from headway.ports import NewTag

_SETTINGS = r"^(gpg|gitsign)\.|^user\.signingkey$"
_SIGNATURE = b"\n-----BEGIN "
_HINT = "set up the key that git signs with (docs/registry.md), or do not sign: unset HEADWAY_SIGN_TAGS and tag.gpgSign"


class TagObjects:
    """Makes tag objects in a clone.

    `git tag` always makes a ref, too. It is run in a scratch repository that lends its objects from the clone, and
    takes from the clone's settings only those that say how to sign.
    """

    def __init__(self, root: Path, identity: Identity, *, sign: bool) -> None:
        """Sign every tag where `sign` says so; otherwise those that git itself would, by `tag.gpgSign`."""
        self._root = root
        self._identity = identity
        self._sign = sign

    def make(self, tag: NewTag) -> str:
        """Write the object and return its name.

        Raises:
            InputError: it shall be signed, and cannot be.
            OutsideError: git fails.
        """
        with tempfile.TemporaryDirectory(prefix="headway-") as folder:
            scratch = _make_scratch(Path(folder))
            message = scratch / "message"
            message.write_text(tag.message, encoding="utf-8")
            answer = ask(
                self._root, *self._settings, "tag", "--annotate", "--sign" if self._signs else "--no-sign",
                "--cleanup=verbatim", "--file", str(message), "--end-of-options", tag.name, tag.commit,
                environment=self._identity.environment | {
                    "GIT_DIR": str(scratch),
                    "GIT_OBJECT_DIRECTORY": str(self._objects),
                    "GIT_COMMITTER_DATE": f"@{tag.tagged_at} +0000",
                },
            )  # fmt: skip
            if answer.status != 0:
                raise self._failure(tag.name, answer)
            oid = (scratch / "refs/tags" / tag.name).read_text(encoding="ascii").strip()
        if self._signs and _SIGNATURE not in ask(self._root, "cat-file", "tag", oid).content:
            raise self._failure(tag.name, answer)  # Git 2.39 ends with 0 where ssh-keygen failed
        return oid

    def _failure(self, name: str, answer: Answer) -> InputError | OutsideError:
        if self._signs:
            return InputError(f"{name} cannot be signed: {answer.last_line}", hint=_HINT)
        return OutsideError(f"{name} cannot be made: {answer.last_line}", hint="run it again with --debug")

    @cached_property
    def _signs(self) -> bool:
        return self._sign or ask(self._root, "config", "--type=bool", "--get", "tag.gpgSign").output == "true"

    @cached_property
    def _objects(self) -> Path:
        return (self._root / tell(self._root, "rev-parse", "--git-path", "objects")).resolve()

    @cached_property
    def _settings(self) -> Sequence[str]:
        """The clone's settings for signing, as words of a command line; they name keys and programs, no secrets."""
        pairs = (
            one.partition("\n") for one in names(ask(self._root, "config", "-z", "--get-regexp", _SETTINGS).output)
        )
        return [word for key, equals, value in pairs for word in ("-c", f"{key}={value}" if equals else key)]


def _make_scratch(folder: Path) -> Path:
    """Make the least that git takes for a bare repository."""
    for name in ("refs", "objects"):
        (folder / name).mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    return folder
