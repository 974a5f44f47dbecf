"""Reports of a period, whole until all are there, for only then is it known what may leave, and then as they leave.

Each is made once, whoever goes on after a worker that died, and what it was decided to be stays so, whoever publishes
it. Reading them again one by one needs memory for one.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.reports.document import Report, Scope, decode, encode
from workers.reports.adding import Clinics
from workers.reports.due.rows import Due
from workers.reports.making import Pair
from workers.reports.quarters import Cohorts

KEEP = text("""
    INSERT INTO report_drafts (period_id, scope_kind, scope_id, clinics, document, cohorts)
    VALUES (:period_id, :scope_kind, :scope_id, :clinics, :document, :cohorts) ON CONFLICT DO NOTHING
""").bindparams(bindparam("cohorts", type_=JSONB(none_as_null=True)))
KEPT = text("SELECT scope_kind, scope_id FROM report_drafts WHERE period_id = :period_id")
READ = text("""
    SELECT clinics, document FROM report_drafts WHERE period_id = :period_id ORDER BY scope_kind, scope_id
""")
ONE = text("""
    SELECT document FROM report_drafts WHERE period_id = :period_id AND scope_kind = :kind AND scope_id = :id
""")
LEAVE = text("""
    UPDATE report_drafts SET document = :others, own = :own
    WHERE period_id = :period_id AND scope_kind = :kind AND scope_id = :id
""")
UNPUBLISHED = text("""
    SELECT document, own FROM report_drafts WHERE period_id = :period_id AND NOT published
    ORDER BY scope_kind, scope_id LIMIT :most
""")
PUBLISHED = text("""
    UPDATE report_drafts SET published = true
    WHERE period_id = :period_id AND scope_kind = :kind AND scope_id = :id
""")
AT_ONCE = 50


def keep(
    connection: Connection, due: Due, report: Report, clinics: frozenset[UUID], cohorts: Cohorts | None = None
) -> None:
    """Keep a whole report, where its therapist works, and at the end of a quarter whom it counts over the year."""
    values = {
        "period_id": due.id,
        "scope_kind": report.scope.kind,
        "scope_id": report.scope.id,
        "clinics": sorted(clinics),
        "document": closed(report),
        "cohorts": cohorts,
    }
    connection.execute(KEEP, values)


def kept(connection: Connection, due: Due) -> frozenset[Scope]:
    rows = connection.execute(KEPT, {"period_id": due.id})
    return frozenset(Scope(kind=row.scope_kind, id=row.scope_id) for row in rows)


def slim_ones(connection: Connection, due: Due) -> tuple[Sequence[Report], Clinics]:
    """All reports of the period without what is decided nothing about, and the clinics of each therapist."""
    works_at: dict[UUID, frozenset[UUID]] = {}
    reports = []
    with connection.execution_options(yield_per=AT_ONCE).execute(READ, {"period_id": due.id}) as rows:
        for row in rows:
            report = slim(opened(row.document))
            reports.append(report)
            if report.scope.kind == "therapist":
                works_at[report.scope.id] = frozenset(row.clinics)
    return reports, works_at


def slim(report: Report) -> Report:
    """Without the longest part."""
    return replace(report, series=replace(report.series, trajectories=(), dumbbells=(), holding=(), utilisation=()))


def let_leave(connection: Connection, due: Due, as_decided: Callable[[Report], Pair]) -> None:
    """Keep of each report what leaves instead of the whole."""
    for scope in sorted(kept(connection, due), key=lambda each: (each.kind, each.id)):
        which = {"period_id": due.id, "kind": scope.kind, "id": scope.id}
        found = as_decided(opened(connection.execute(ONE, which).scalar_one()))
        own = closed(found.own) if found.own else None
        connection.execute(LEAVE, which | {"others": closed(found.others), "own": own})


def unpublished(connection: Connection, due: Due, most: int) -> Sequence[Pair]:
    """Some of those that treatment does not have yet, as they leave."""
    rows = connection.execute(UNPUBLISHED, {"period_id": due.id, "most": most})
    return [Pair(opened(row.document), opened(row.own) if row.own else None) for row in rows]


def published(connection: Connection, due: Due, reports: Sequence[Pair]) -> None:
    """Treatment has these."""
    for each in reports:
        scope = each.others.scope
        connection.execute(PUBLISHED, {"period_id": due.id, "kind": scope.kind, "id": scope.id})


def closed(report: Report) -> bytes:
    return zlib.compress(encode(report))


def opened(document: bytes) -> Report:
    return decode(zlib.decompress(document))


def in_batches(scopes: Sequence[Scope], size: int) -> Iterator[Sequence[Scope]]:
    for start in range(0, len(scopes), size):
        yield scopes[start : start + size]
