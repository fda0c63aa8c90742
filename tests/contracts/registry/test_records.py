"""The messages of registry tags: write and read are inverse, whatever people write into them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.registry.records import (
    EchoRecord,
    VersionRecord,
    one_line,
    parse_echo_record,
    parse_version_record,
)

hashes = st.text(alphabet="0123456789abcdef", min_size=40, max_size=64)
lines = st.text(min_size=1, max_size=400).map(one_line).filter(lambda text: text not in {"", "none"})
logins = st.text(alphabet="abc-[]9", min_size=1, max_size=12)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)

versions = st.builds(
    VersionRecord,
    identity=hashes, lock_sha256=hashes, model_sha256=hashes, test_set=hashes, decision=st.just("accept"),
    compared_with=st.none() | hashes, policy_sha256=hashes, reason=lines, summary=lines, previous=st.none() | hashes,
    run=hashes,
)  # fmt: skip
attestations = st.tuples(moments, st.just("forge")) | st.tuples(
    st.none(), st.sampled_from(["no-pull-request", "unasked"])
)
unattested = st.builds(
    EchoRecord,
    declared_in=hashes, file=st.none() | hashes, version=st.none() | st.just("v1.2.0"), version_tag=st.none() | hashes,
    identity=st.none() | hashes, declared_at=st.none(), attested=st.just("unasked"),
    pull_request=st.none() | st.integers(1, 10**6), declared_by=st.none() | lines,
    approved_by=st.lists(logins, max_size=3).map(tuple), reason=st.none() | lines,
    expedited=st.none() | lines, previous=st.none() | hashes, run=hashes,
)  # fmt: skip
echoes = st.builds(
    lambda record, said: replace(record, declared_at=said[0], attested=said[1]), unattested, attestations
)


@given(versions)
def test_a_version_is_read_as_it_was_written(record: VersionRecord) -> None:
    assert record == parse_version_record(record.message("detector@v1.2.0"))


@given(echoes)
def test_an_echo_is_read_as_it_was_written(record: EchoRecord) -> None:
    assert record == parse_echo_record(record.message("detector#production#7"))


@pytest.mark.parametrize("said", ["Attested: forge", "Attested: yes", "Attested: none", ""])
def test_a_time_that_no_forge_said_and_the_other_way_round_is_no_record(said: str) -> None:
    record = EchoRecord("ab", "ab", "v1.0.0", "ab", "ab", None, "unasked", None, "ada", (), "it", None, None, "ab")

    assert parse_echo_record(record.message("a#b#1").replace("Attested: unasked", said)) is None


@given(versions)
def test_a_signature_below_changes_nothing(record: VersionRecord) -> None:
    signed = f"{record.message('a@v1.0.0')}-----BEGIN SSH SIGNATURE-----\nRun: 00\n-----END SSH SIGNATURE-----\n"
    assert record == parse_version_record(signed)


@pytest.mark.parametrize("injected", ["good\nIdentity: 00", "a\r\nRun: 00", "x\u2028Lock: 00", "\x00", "\x1b[2J"])
def test_no_text_of_people_can_be_a_line_of_the_record(injected: str) -> None:
    record = EchoRecord(
        "ab", "ab", "v1.0.0", "ab", "ab", None, "unasked", None, "alice", (), injected, None, None, "ab"
    )  # fmt: skip
    read = parse_echo_record(record.message("a#b#1"))
    assert replace(record, reason=one_line(injected) or None) == read


@pytest.mark.parametrize("message", ["", "release", "a\n\nIdentity: zz\n", "a\n\nRun: none\n"])
def test_messages_of_others_say_nothing(message: str) -> None:
    assert (None, None) == (parse_version_record(message), parse_echo_record(message))
