"""Only listed modules turn things of ours into JSON, and each is listed with the reason why nothing personal escapes."""

import ast
from collections.abc import Iterator, Mapping
from typing import Annotated
from uuid import UUID

import pytest

from shared.events import EVENTS, NULLS, PERSONAL
from shared.events.registry import Personal, event
from tests.architecture.tree import files, read

INTO_JSON = {"to_builtins", "encode", "Encoder"}
ALLOWED: Mapping[str, str] = {
    "services/scheduling/appointments/history.py": "the history of a visit, for its desk",
    "services/scheduling/erasure/views.py": "classes, dates and reasons of retention",
    "services/scheduling/export/archive.py": "all about a client, for the client",
    "services/scheduling/export/record.py": "the clinical record, for the client",
    "services/scheduling/export/gathering.py": "all about a client, on its way into their archive",
    "services/treatment/record/told.py": "the clinical record, for the archive that the client gets",
    "services/treatment/record/difference.py": "what events say beside words of somebody's own, which it leaves out",
    "services/treatment/sessions/drafting.py": "changed codes, numbers and times of entries; own words are apart",
    "shared/anchors.py": "places and hashes of heads",
    "shared/codec.py": "stored events; refuses one with anything personal outside an envelope",
    "shared/columns.py": "rows of read models; `row_of` puts envelopes over what is personal",
    "shared/event_store.py": "metadata, which has no personal field",
    "shared/feed.py": "rows of a log as they are",
    "shared/http/operations.py": "answers, after their schema",
    "shared/http/paging.py": "cursors: ids and times",
    "shared/http/problems.py": "problem documents: codes, sentences of ours, names of fields",
    "shared/providers.py": "groups, roles and ids of clinics",
    "shared/reports/document.py": "numbers, codes and times of reports, and ids of clients; no text",
    "shared/reports/print.py": "words and drawings of a report, on their way to the typesetter",
    "shared/sealing.py": "a value on its way into its envelope",
    "shared/staff_web/arrivals.py": "roles as the provider names them",
    "shared/staff.py": "roles and ids of clinics",
    "workers/messages/due.py": "keys, ids and times of messages",
    "workers/messages/handing.py": "keys and ids of messages",
    "workers/messages/leases.py": "keys, states and codes of messages",
    "workers/reports/facts/keeping.py": "facts: ids, codes, numbers and times of events whose own words are never opened",
    "workers/reports/facts/scheduling.py": "hours of clinics and therapists",
}


def writers() -> Iterator[str]:
    """Modules that hand something to msgspec to be written, or that pickle."""
    for path in files("services/*.py", "shared/*.py", "workers/*.py"):
        for node in ast.walk(ast.parse(read(path))):
            match node:
                case ast.Attribute(attr=name, value=value) if name in INTO_JSON and "msgspec" in ast.unparse(value):
                    yield str(path)
                case ast.Import(names=names) if any(each.name == "pickle" for each in names):
                    yield str(path)
                case ast.ImportFrom(module="msgspec" | "msgspec.json" | "pickle"):
                    yield str(path)
                case _:
                    pass


def test_only_listed_modules_turn_things_into_json() -> None:
    assert set(writers()) == set(ALLOWED)


def test_whatever_is_personal_can_be_forgotten() -> None:
    for cls in EVENTS.values():
        assert set(NULLS[cls]) == set(PERSONAL[cls])
        assert set(NULLS[cls].values()) <= {None, ""}


def test_a_personal_field_that_could_not_be_forgotten_is_refused() -> None:
    class Aged:
        client_id: UUID
        age: Annotated[int, Personal("identity", "client_id")]

    with pytest.raises(TypeError, match="cannot be forgotten"):
        event("scheduling.aged.v1")(Aged)
    assert "scheduling.aged.v1" not in EVENTS
