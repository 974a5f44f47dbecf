"""The reports of one period by whose they are: of each that somebody may see the one to read, and one under way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.treatment.caseload_reports.rights import OPEN, opened_to
from shared.events.treatment_reports import ScopeKind
from shared.http.operations import Call

MOST_CLINICS = 500
MOST_THERAPISTS = 200
"""So many are listed for all clinics together, or for one that was chosen."""

CLINICS = text("""
    SELECT clinic_id FROM clinics WHERE :all OR clinic_id = ANY(CAST(:clinics AS uuid[]))
    ORDER BY clinic_id LIMIT :most
""")
THERAPISTS = text("""
    SELECT therapist_id, clinic_ids FROM therapists
    WHERE (:all OR clinic_ids && CAST(:clinics AS uuid[]) OR therapist_id = CAST(:therapist_id AS uuid))
      AND (CAST(:of_clinic AS uuid) IS NULL OR :of_clinic = ANY(clinic_ids))
    ORDER BY therapist_id IS DISTINCT FROM CAST(:therapist_id AS uuid), therapist_id LIMIT :most
""")
LAST = text(f"""
    SELECT DISTINCT ON (scope_kind, scope_id, status) * FROM caseload_reports
    WHERE {OPEN} AND period = :period AND (scope_kind = 'chain' OR scope_id = ANY(CAST(:ids AS uuid[])))
    ORDER BY scope_kind, scope_id, status, closed DESC, as_of_at DESC, id
""")  # noqa: S608 - a condition of ours

Key = tuple[ScopeKind, UUID]


@dataclass(frozen=True, slots=True)
class Line:
    """Whose reports: `published` is the one to read, `asked` one that is being made, `failed` one that could not be."""

    kind: ScopeKind
    id: UUID
    published: Row[Any] | None = None
    asked: Row[Any] | None = None
    failed: Row[Any] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A clinic and who works there; without a clinic, the chain and whoever works at no clinic that is listed."""

    clinic_id: UUID | None
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Overview:
    """`too_many`: therapists are left out until a clinic is chosen."""

    groups: Sequence[Group]
    too_many: bool

    @property
    def lines(self) -> Sequence[Line]:
        return [line for group in self.groups for line in group.lines]


def overview(call: Call, period: str, clinic_id: UUID | None) -> Overview:
    """What the caller may see of a period; therapists of one clinic alone where one is named."""
    may = opened_to(call.caller) | {"of_clinic": clinic_id}
    clinics: Sequence[UUID] = call.connection.execute(CLINICS, may | {"most": MOST_CLINICS}).scalars().all()
    therapists = call.connection.execute(THERAPISTS, may | {"most": MOST_THERAPISTS + 1}).all()
    too_many = len(therapists) > MOST_THERAPISTS
    if too_many:
        therapists = [each for each in therapists if each.therapist_id == call.caller.therapist_id]
    ids = [*clinics, *(each.therapist_id for each in therapists)]
    rows = call.connection.execute(LAST, may | {"period": period, "ids": ids}).all()
    lines = lines_of(rows)
    first: list[Key] = [("chain", call.chain_id)] if may["all"] and clinic_id is None else []
    return Overview(list(groups(first, clinics, therapists, lines)), too_many)


def groups(
    first: Iterable[Key], clinics: Sequence[UUID], therapists: Sequence[Row[Any]], lines: Mapping[Key, Line]
) -> Iterable[Group]:
    elsewhere = [each for each in therapists if not set(each.clinic_ids) & set(clinics)]
    keys: list[Key] = [*first, *(("therapist", each.therapist_id) for each in elsewhere)]
    if keys:
        yield Group(None, [lines.get(key, Line(*key)) for key in keys])
    for clinic in clinics:
        there = [each.therapist_id for each in therapists if clinic in each.clinic_ids]
        of_clinic: list[Key] = [("clinic", clinic), *(("therapist", each) for each in there)]
        yield Group(clinic, [lines.get(key, Line(*key)) for key in of_clinic])


def lines_of(rows: Iterable[Row[Any]]) -> dict[Key, Line]:
    found: dict[Key, dict[str, Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.scope_kind, row.scope_id), {})[row.status] = row
    return {key: line_of(key, by_status) for key, by_status in found.items()}


def line_of(key: Key, by_status: Mapping[str, Row[Any]]) -> Line:
    """What is being made, or could not be, counts as long as nothing as of a later moment is there to read."""
    published = by_status.get("published")

    def later(status: str) -> Row[Any] | None:
        row = by_status.get(status)
        return row if row is None or published is None or row.as_of_at > published.as_of_at else None

    return Line(*key, published, later("asked"), later("failed"))
