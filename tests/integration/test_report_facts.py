"""Facts of reports are rows that are added once for each event, the same however the events come."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.event_store import Recorded
from shared.events import treatment_sessions as t
from shared.settings import DatabaseSettings
from tests.contracts.examples import FILLED
from tests.support.workers import BOOKED_AT, Workers, a_workers
from workers.reports.facts.keeping import FACTS, TABLES, keep_facts

SAID = [event for event in FILLED if type(event) in FACTS]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


def entries(workers: Workers, *events: Any) -> list[Recorded]:
    return [workers.recorded(event, BOOKED_AT + n * MINUTE, f"stream-{n}") for n, event in enumerate(events)]


def keep(workers: Workers, batch: list[Recorded], schema: str = "views_a") -> None:
    with workers.engine.begin() as connection:
        connection.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": schema})
        keep_facts(connection, batch)


def rows(workers: Workers, table: str) -> list[dict[str, Any]]:
    with workers.engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM views_a.report_{table} ORDER BY position"))
        return [dict(row._mapping) for row in found]


def everything(workers: Workers, schema: str = "views_a") -> dict[str, list[str]]:
    with workers.engine.connect() as connection:
        return {
            table: list(
                connection.execute(text(f"SELECT CAST(t AS text) FROM {schema}.report_{table} t ORDER BY 1")).scalars()
            )
            for table in TABLES
        }


def test_whatever_says_something_has_a_row_in_a_table(workers: Workers) -> None:
    assert {type(event) for event in SAID} == set(FACTS)
    keep(workers, entries(workers, *SAID))
    assert len(rows(workers, "events")) == len(SAID)
    assert [table for table in TABLES if not rows(workers, table)] == []


def test_one_by_one_again_and_in_batches_the_rows_are_the_same(workers: Workers) -> None:
    """The test that an entry of a session is revised in the batch in which it was charted, and later."""
    batch = entries(workers, *SAID)
    keep(workers, batch)
    for entry in batch:
        keep(workers, [entry], "views_b")
        keep(workers, [entry], "views_b")
    for n in range(0, len(batch), 7):
        keep(workers, batch[n : n + 7])
    assert everything(workers, "views_a") == everything(workers, "views_b")


def test_no_fact_holds_words_or_names(workers: Workers) -> None:
    keep(workers, entries(workers, *SAID))
    assert "Demo" not in str(everything(workers))


def test_a_revised_entry_is_there_as_it_was_and_as_it_is(workers: Workers) -> None:
    [scored] = [event for event in FILLED if isinstance(event, t.PainScored)][:1]
    changed = t.EntryRevised(
        session_id=scored.session_id,
        client_id=scored.client_id,
        revision_id=scored.session_id,
        entry_id=scored.score_id,
        changes={"value": 9, "when": "worst_7_days", "quality": "dull"},
        rewritten=False,
        words=None,
    )
    gone = t.EnteredInError(
        session_id=scored.session_id,
        client_id=scored.client_id,
        entry_id=scored.score_id,
        reason="another client's",
        signed_by=scored.session_id,
        signed_at=BOOKED_AT,
    )
    keep(workers, entries(workers, scored, changed, gone))
    first, second, third = rows(workers, "entries")
    assert (first["value"], first["taken"], first["in_error"]) == (scored.value, scored.when, False)
    assert (second["value"], second["taken"], second["in_error"]) == (9, "worst_7_days", False)
    assert second["happened_at"] == scored.happened_at
    assert third == {**second, "position": 3, "recorded_at": third["recorded_at"], "in_error": True}


def test_of_an_entry_that_reports_do_not_count_nothing_is_kept_when_it_is_revised(workers: Workers) -> None:
    [note] = [event for event in FILLED if isinstance(event, t.NoteWritten)][:1]
    changed = t.EntryRevised(
        session_id=note.session_id,
        client_id=note.client_id,
        revision_id=note.session_id,
        entry_id=note.note_id,
        changes={"happened_at": "2026-03-02T08:00:00Z"},
        rewritten=False,
        words=None,
    )
    keep(workers, entries(workers, note, changed))
    assert rows(workers, "entries") == []
