"""Equal content, equal digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.canonical import canonical_json, md5_file, sha256_file, sha256_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reading_canonical_json_gives_the_value_back(value: object) -> None:
    assert value == json.loads(canonical_json(value))


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert sha256_of(value) == sha256_of(dict(reversed(value.items())))


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"map": float("nan")})


def test_file_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    (tmp_path / "file").write_bytes(content)

    assert hashlib.sha256(content).hexdigest() == sha256_file(tmp_path / "file")
    assert hashlib.md5(content).hexdigest() == md5_file(tmp_path / "file")
