"""An envelope opens at its own place, with its own key, as it was made; and in no other way, whatever it holds."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given, strategies as st
from structlog.testing import capture_logs

from shared import codec
from shared.cipher import Unreadable, new_key
from shared.events import PERSONAL
from shared.keys import About, DataKey
from shared.sealing import FORGOTTEN, SEALED, Envelope, Place, Plain, Sealed, in_envelope, key_id_of, out_of_envelope
from tests.contracts.examples import EXAMPLES
from tests.contracts.who_and_when import CHAIN, EVENT
from tests.support.keys import envelopes, opened

UUIDS = st.uuids(version=4)
PLACES = st.builds(Place, UUIDS, UUIDS, st.sampled_from(["name", "called", "address", "evidence", "reason"]))
VALUES = st.text() | st.none() | st.booleans() | st.integers(-(2**53), 2**53)
KEYS = st.builds(
    DataKey,
    UUIDS,
    st.builds(About, UUIDS, st.sampled_from(["identity", "contact", "clinical"])),
    st.binary(min_size=32, max_size=32),
)


@dataclass(frozen=True)
class Case:
    key: DataKey
    plain: Plain
    envelope: Envelope

    @property
    def place(self) -> Place:
        return self.plain.place


@st.composite
def cases(draw: st.DrawFn) -> Case:
    key = draw(KEYS)
    plain = Plain(draw(PLACES), key.about, draw(VALUES))
    return Case(key, plain, in_envelope(key, plain))


@given(cases())
def test_what_was_sealed_opens_again(case: Case) -> None:
    assert out_of_envelope(case.key, Sealed(case.place, case.envelope)) == case.plain.value
    assert key_id_of(case.envelope) == case.key.key_id


@given(cases(), PLACES)
def test_a_moved_envelope_never_opens(case: Case, other: Place) -> None:
    for place in (
        replace(case.place, chain_id=UUID(int=case.place.chain_id.int ^ 1)),
        replace(case.place, event_id=UUID(int=case.place.event_id.int ^ 1)),
        replace(case.place, field=f"{case.place.field}_"),
        replace(case.place, chain_id=case.place.event_id, event_id=case.place.chain_id),
        other,
    ):
        if place != case.place:
            with pytest.raises(Unreadable):
                out_of_envelope(case.key, Sealed(place, case.envelope))


@given(cases())
def test_an_envelope_never_opens_with_another_key(case: Case) -> None:
    for key in (replace(case.key, secret=new_key()), replace(case.key, key_id=UUID(int=case.key.key_id.int ^ 1))):
        with pytest.raises(Unreadable):
            out_of_envelope(key, Sealed(case.place, case.envelope))


@given(cases(), st.data())
def test_a_changed_envelope_never_opens(case: Case, data: st.DataObject) -> None:
    content = bytearray(b64decode(case.envelope["c"]))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    shorter = bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    for changed in (bytes(content), shorter):
        with pytest.raises(Unreadable):
            out_of_envelope(case.key, Sealed(case.place, case.envelope | {"c": b64encode(changed).decode()}))


@given(cases())
def test_the_same_value_is_never_sealed_the_same(case: Case) -> None:
    assert in_envelope(case.key, case.plain)["c"] != case.envelope["c"]


@given(cases())
def test_a_destroyed_key_forgets_what_was_and_what_comes(case: Case) -> None:
    destroyed = replace(case.key, secret=None)
    assert out_of_envelope(destroyed, Sealed(case.place, case.envelope)) is FORGOTTEN
    late = in_envelope(destroyed, case.plain)
    assert set(late) == {SEALED, "class", "subject"}
    assert out_of_envelope(case.key, Sealed(case.place, late)) is FORGOTTEN


PERSONAL_EXAMPLES = {name: event for name, event in EXAMPLES.items() if PERSONAL[type(event)]}


@pytest.mark.parametrize("name", sorted(PERSONAL_EXAMPLES))
def test_an_event_keeps_nothing_personal_outside_its_envelopes(name: str) -> None:
    event: Any = EXAMPLES[name]
    made = envelopes(event, CHAIN, EVENT)
    data = codec.encode(event, made)
    assert opened(codec.name_of(type(event)), data, CHAIN, EVENT) == event
    for field in made:
        with pytest.raises(codec.NotSealed, match=field):
            codec.encode(event, {other: envelope for other, envelope in made.items() if other != field})


@pytest.mark.parametrize("name", sorted(PERSONAL_EXAMPLES))
def test_an_event_shows_nothing_personal_of_itself(name: str) -> None:
    event: Any = EXAMPLES[name]
    said = [value for field in PERSONAL[type(event)] if (value := getattr(event, field))]
    for form in (repr(event), str(event), f"{event}", repr([event])):
        assert not [value for value in said if str(value) in form]
        assert form.count("[sealed]") == len(said)
    with pytest.raises(TypeError):
        json.dumps(event)
    with capture_logs() as lines:
        structlog.get_logger().info("an_event", event_itself=event)
    rendered = str(structlog.processors.JSONRenderer()(None, "info", lines[0]))
    assert not [value for value in said if str(value) in rendered]


@pytest.mark.parametrize("name", sorted(PERSONAL_EXAMPLES))
def test_who_has_no_key_reads_every_event_as_if_it_had_been_forgotten(name: str) -> None:
    event: Any = EXAMPLES[name]
    made = envelopes(event, CHAIN, EVENT)
    read = codec.decode(codec.name_of(type(event)), codec.encode(event, made), {})
    assert read == codec.without(event, list(made))
