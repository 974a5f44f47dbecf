"""Whose rows are whose: the same rows for a therapist, a clinic and the chain, sorted out once for all reports."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from shared.reports.document import Scope


class Placed(Protocol):
    """What somebody did somewhere."""

    @property
    def therapist_id(self) -> UUID: ...
    @property
    def clinic_id(self) -> UUID: ...


Row = TypeVar("Row", bound=Placed)


class Sorted(Generic[Row]):
    """Rows in the order in which they came."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.all = list(rows)
        self.by_therapist: dict[UUID, list[Row]] = defaultdict(list)
        self.by_clinic: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.all:
            self.by_therapist[row.therapist_id].append(row)
            self.by_clinic[row.clinic_id].append(row)

    def of(self, scope: Scope) -> Sequence[Row]:
        match scope.kind:
            case "therapist":
                return self.by_therapist.get(scope.id, [])
            case "clinic":
                return self.by_clinic.get(scope.id, [])
            case "chain":
                return self.all
