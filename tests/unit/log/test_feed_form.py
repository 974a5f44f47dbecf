"""An event that goes out comes back equal, hash included; what is not one of ours is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, strategies as st

from shared.event_store import Recorded
from shared.feed import read_event, write_event
from shared.ids import new_id
from shared.streams import Key, readable, stream_key

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def an_entry(**changes: Any) -> Recorded:
    entry = Recorded(
        partition=3,
        position=17,
        chain_id=new_id(),
        stream="appointment-1",
        version=2,
        event_id=new_id(),
        name="scheduling.appointment_confirmed.v1",
        data={"a": 1},
        metadata={"actor": "desk"},
        recorded_at=datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC),
        prev_hash=bytes(range(32)),
        hash=bytes(reversed(range(32))),
    )
    return replace(entry, **changes)


@given(
    data=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    recorded_at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    prev_hash=st.binary(min_size=32, max_size=32),
)
def test_what_goes_out_comes_back(data: dict[str, Any], recorded_at: datetime, prev_hash: bytes) -> None:
    entry = an_entry(data=data, recorded_at=recorded_at, prev_hash=prev_hash)
    assert read_event(write_event(entry, "scheduling")) == entry


def test_a_time_of_another_zone_is_the_same_instant() -> None:
    local = an_entry(recorded_at=datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    assert read_event(write_event(local, "scheduling")) == local
    assert msgspec.json.decode(write_event(local, "scheduling"))["time"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    "document",
    [b"", b"{}", b"nonsense", write_event(an_entry(), "x").replace(b'"1.0"', b'"2.0"'),
     write_event(an_entry(), "x").replace(b'"prevhash":"00', b'"prevhash":"zz')],
)  # fmt: skip
def test_what_is_not_one_of_our_events_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError):
        read_event(document)


def test_events_before_an_unreadable_entry_are_taken_and_those_after_it_are_not() -> None:
    entries = [
        (b"17-0", {b"event": write_event(an_entry(), "x")}),
        (b"18-0", {b"something": b"else"}),
        (b"19-0", {b"event": write_event(an_entry(position=19), "x")}),
    ]
    taken = readable(Key("x", 3), entries)
    assert [entry.position for entry in taken.events] == [17]
    assert taken.unreadable_at == 18


def test_each_partition_of_each_service_has_a_stream_of_its_own() -> None:
    assert stream_key("scheduling", 3) == "synergist:scheduling:3"
    assert Key("treatment", 15).stream == "synergist:treatment:15"
    assert UUID(int=0) != new_id()
