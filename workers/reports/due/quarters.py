"""What was told at the ends of quarters, place by place: kept before any of it is published, and for good.

It is no read model: a rebuild of the facts leaves it as it is. It holds ids of therapists and clinics, and counts.
"""

from collections import defaultdict
from collections.abc import Sequence, Set as AbstractSet
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.reports.document import Scope
from workers.reports import quarters
from workers.reports.adding import place_of
from workers.reports.due import drafts
from workers.reports.due.rows import Due
from workers.reports.once import OF_THE_YEAR, Yearly, ends_a_quarter, month_of
from workers.reports.quarters import Quarter
from workers.reports.suppression import Decided

OWN = text(
    "SELECT scope_kind, scope_id, clinics, cohorts, NULL AS told FROM report_drafts WHERE period_id = :period_id"
)
EARLIER = text("""
    SELECT due.period, told.* FROM told_quarters AS told JOIN due_periods AS due ON due.id = told.period_id
    WHERE due.chain_id = :chain_id AND due.ends_at > :ends_at - interval '1 year' AND due.ends_at < :ends_at
""")
TELL = text("""
    INSERT INTO told_quarters (period_id, scope_kind, scope_id, clinics, cohorts, kept_back, told)
    SELECT period_id, scope_kind, scope_id, clinics, cohorts, :kept_back, :told FROM report_drafts
    WHERE period_id = :period_id AND scope_kind = :kind AND scope_id = :id
""")


def kept_back(connection: Connection, due: Due) -> frozenset[Yearly]:
    """What the reports of a period, whose drafts are all there, must not tell."""
    if not ends_a_quarter(due.period):
        return frozenset()
    own = connection.execute(OWN, {"period_id": due.id}).all()
    earlier = defaultdict(list)
    for row in connection.execute(EARLIER, {"chain_id": due.chain_id, "ends_at": due.period.ends_at}):
        earlier[row.period].append(row)
    now = quarter(due.period.name, own)
    return quarters.kept_back(now, [quarter(name, rows) for name, rows in earlier.items()])


def tell(connection: Connection, due: Due, found: Decided) -> None:
    """What it is decided that others are told, in the transaction that keeps the decision."""
    if ends_a_quarter(due.period):
        rows = [
            {"period_id": due.id, "kind": each.kind, "id": each.id}
            | {"kept_back": of(each, found.kept_back), "told": of(each, found.told)}
            for each in drafts.kept(connection, due)
        ]
        connection.execute(TELL, rows)


def quarter(name: str, rows: Sequence[Row[Any]]) -> Quarter:
    return Quarter(
        month=month_of(name),
        cohorts={scope_of(row): row.cohorts for row in rows},
        works_at={row.scope_id: frozenset(row.clinics) for row in rows if row.scope_kind == "therapist"},
        told=frozenset(Yearly(place_of(scope_of(row)), what) for row in rows for what in row.told or ()),
    )


def scope_of(row: Row[Any]) -> Scope:
    return Scope(kind=row.scope_kind, id=row.scope_id)


def of(scope: Scope, some: AbstractSet[Yearly]) -> list[str]:
    return [what for what in sorted(OF_THE_YEAR) if Yearly(place_of(scope), what) in some]
