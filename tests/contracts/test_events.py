"""What was stored once can be read for ever: every event name has a golden file, and the code still agrees with it."""

import json
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from shared.cipher import Unreadable
from shared.codec import UPCASTERS, NotSealed, canonical, encode, sealed_in
from shared.events import EVENTS
from tests.contracts.examples import EXAMPLES
from tests.contracts.golden import FOLDER, digest_of, read_golden
from tests.contracts.who_and_when import CHAIN, EVENT
from tests.support.keys import opened

GOLDEN = sorted(path.stem for path in FOLDER.glob("*.json"))


def loaded(row: dict[str, Any]) -> Any:
    return opened(row["name"], row["data"], CHAIN, EVENT)


def stored(event: Any, envelopes: dict[str, Any]) -> Any:
    return json.loads(canonical(encode(event, envelopes)))


def envelopes_in(row: dict[str, Any]) -> dict[str, Any]:
    """No two envelopes of a value are the same, so the file's are taken for what is written."""
    sealed = sealed_in(row["name"], row["data"], chain_id=CHAIN, event_id=EVENT)
    return {each.place.field: each.envelope for each in sealed}


def agrees(name: str, row: dict[str, Any]) -> bool:
    """Whether a stored row loads as its example, and the example is still stored as that row."""
    event = loaded(row)
    still_written = row["name"] in EVENTS
    return bool(event == EXAMPLES[name] and (not still_written or stored(event, envelopes_in(row)) == row["data"]))


def may_be_none(event_class: type) -> set[str]:
    hints = get_type_hints(event_class, include_extras=True)
    return {field for field, hint in hints.items() if type(None) in alternatives(hint)}


def alternatives(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated:
        return alternatives(get_args(hint)[0])
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


@pytest.mark.parametrize("name", sorted({*EVENTS, *UPCASTERS}))
def test_every_event_name_has_a_golden_file(name: str) -> None:
    assert name in GOLDEN


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_file_still_loads_as_its_example(name: str) -> None:
    assert name in EXAMPLES
    assert agrees(name, read_golden(name))


@pytest.mark.parametrize("name", GOLDEN)
def test_a_stored_row_still_has_the_digest_that_its_hash_was_made_of(name: str) -> None:
    row = read_golden(name)
    assert digest_of(row) == row["digest"]


def test_whatever_may_be_absent_is_absent_in_a_golden_file() -> None:
    unproven = {
        f"{name}: {field}"
        for name, event_class in EVENTS.items()
        for field in may_be_none(event_class)
        if all(read_golden(file)["data"][field] is not None for file in GOLDEN if read_golden(file)["name"] == name)
    }
    assert not unproven


def spoilt(row: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The row with each field lost, changed or added, as when the class and not the file had changed."""
    data = row["data"]
    for field in data:
        yield f"without {field}", row | {"data": {key: value for key, value in data.items() if key != field}}
        yield f"with another {field}", row | {"data": data | {field: another(data[field])}}
    yield "with one field more", row | {"data": data | {"one_more": 1}}


def another(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case {"$sealed": str(), "c": str() as content}:
            return value | {"c": f"{content[:-6]}AAAAAA"}
        case dict() | list():
            return type(value)()
        case None:
            return "something"
        case _:
            return f"{value}!"


def is_noticed(name: str, row: dict[str, Any]) -> bool:
    try:
        return not agrees(name, row)
    except (ValueError, Unreadable, NotSealed):  # msgspec's ValidationError is a ValueError
        return True


@pytest.mark.parametrize("name", GOLDEN)
def test_a_field_that_is_lost_changed_or_added_is_noticed(name: str) -> None:
    for what, row in spoilt(read_golden(name)):
        assert is_noticed(name, row), what
