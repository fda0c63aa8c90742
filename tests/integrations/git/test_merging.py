"""Git's own merge of lines, byte for byte."""

from __future__ import annotations

import pytest

from headway.errors import OutsideError
from headway.integrations.git.merging import merge_texts

LABELS = ("yours", "then", "now")


def test_changes_in_other_places_are_both_taken() -> None:
    assert (b"A\r\n2\n3\nD", False) == merge_texts(b"1\r\n2\n3\n4", b"A\r\n2\n3\n4", b"1\r\n2\n3\nD", labels=LABELS)


def test_a_conflict_is_marked_with_the_labels() -> None:
    merged, conflicts = merge_texts(b"1\n", b"\xff\n", b"3\n", labels=LABELS)
    assert (b"<<<<<<< yours\n\xff\n=======\n3\n>>>>>>> now\n", True) == (merged, conflicts)


def test_what_is_no_text_is_not_merged() -> None:
    with pytest.raises(OutsideError, match=r"Cannot merge binary files: ours"):
        merge_texts(b"1", b"\0", b"3", labels=LABELS)
