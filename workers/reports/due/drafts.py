"""Whole reports of a period, kept until all of them are there, for only then is it known what of them may leave.

Each is made once, whoever goes on after a worker that died; reading them again one by one needs memory for one.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import Report, Scope, decode, encode
from workers.reports.adding import Clinics
from workers.reports.due.rows import Due

KEEP = text("""
    INSERT INTO report_drafts (period_id, scope_kind, scope_id, clinics, document)
    VALUES (:period_id, :scope_kind, :scope_id, :clinics, :document) ON CONFLICT DO NOTHING
""")
KEPT = text("SELECT scope_kind, scope_id FROM report_drafts WHERE period_id = :period_id")
READ = text("""
    SELECT clinics, document FROM report_drafts WHERE period_id = :period_id ORDER BY scope_kind, scope_id
""")
UNPUBLISHED = text("""
    SELECT document FROM report_drafts WHERE period_id = :period_id AND NOT published
    ORDER BY scope_kind, scope_id LIMIT :most
""")
PUBLISHED = text("""
    UPDATE report_drafts SET published = true
    WHERE period_id = :period_id AND scope_kind = :kind AND scope_id = :id
""")
AT_ONCE = 50


def keep(connection: Connection, due: Due, report: Report, clinics: frozenset[UUID]) -> None:
    """Keep a whole report, and where its therapist works."""
    values = {
        "period_id": due.id,
        "scope_kind": report.scope.kind,
        "scope_id": report.scope.id,
        "clinics": sorted(clinics),
        "document": zlib.compress(encode(report)),
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


def unpublished(connection: Connection, due: Due, most: int) -> Sequence[Report]:
    """Some of those that treatment does not have yet."""
    rows = connection.execute(UNPUBLISHED, {"period_id": due.id, "most": most}).scalars()
    return [opened(document) for document in rows]


def published(connection: Connection, due: Due, reports: Sequence[Report]) -> None:
    """Treatment has these."""
    for each in reports:
        connection.execute(PUBLISHED, {"period_id": due.id, "kind": each.scope.kind, "id": each.scope.id})


def opened(document: bytes) -> Report:
    return decode(zlib.decompress(document))


def in_batches(scopes: Sequence[Scope], size: int) -> Iterator[Sequence[Scope]]:
    for start in range(0, len(scopes), size):
        yield scopes[start : start + size]
