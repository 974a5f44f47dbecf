"""Everything that a decision about free time looks at, with the weekly hours worked out once for all who ask."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from uuid import UUID

from services.scheduling.availability.calendar import opening_intervals, rota_intervals
from services.scheduling.availability.intervals import STARTS_AT
from services.scheduling.availability.model import FARTHEST_VISIT, Claim, Clinic, Interval, Therapist

ENDS_AT = attrgetter("ends_at")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known about the visits that may start inside the window.

    `claims` holds those of each resource by its id, sorted by start and disjoint: all that lie near enough to matter to
    the window. `travel` holds minutes by (from, to). Clinics where a therapist only has claims are there, too.
    """

    window: Interval
    clinics: Mapping[UUID, Clinic]
    therapists: Mapping[UUID, Therapist]
    claims: Mapping[UUID, Sequence[Claim]] = field(default_factory=dict)
    travel: Mapping[tuple[UUID, UUID], int] = field(default_factory=dict)

    @cached_property
    def hours(self) -> Mapping[UUID, tuple[Interval, ...]]:
        """When each clinic is open."""
        return {clinic.id: opening_intervals(clinic, self.window) for clinic in self.clinics.values()}

    @cached_property
    def shifts(self) -> Mapping[tuple[UUID, UUID], tuple[Interval, ...]]:
        """When each therapist works at each clinic, by (therapist, clinic); absent where they never do."""
        return {
            (therapist.id, clinic_id): rota_intervals(therapist, self.clinics[clinic_id], self.window)
            for therapist in self.therapists.values()
            for clinic_id in {entry.clinic_id for entry in therapist.rota} & self.clinics.keys()
        }

    @cached_property
    def widest_buffer(self) -> timedelta:
        """The largest buffer that any claim carries."""
        buffers = (max(each.buffer_before, each.buffer_after) for claims in self.claims.values() for each in claims)
        return max(buffers, default=timedelta())

    def seen_from(self, clinics: Collection[UUID]) -> "Situation":
        """The same without the visits at other clinics."""
        claims = {
            resource_id: [claim for claim in taken if claim.clinic_id in clinics]
            for resource_id, taken in self.claims.items()
        }
        return replace(self, claims=claims)

    def claims_near(
        self, resource_id: UUID, starts_at: datetime, ends_at: datetime, reach: timedelta
    ) -> Sequence[Claim]:
        """The claims on a resource that lie within `reach` of a span, or in it."""
        claims = self.claims.get(resource_id, ())
        first = bisect_left(claims, starts_at - reach, key=ENDS_AT)
        return claims[first : bisect_right(claims, ends_at + reach, key=STARTS_AT)]

    def claims_on_the_way(
        self, therapist_id: UUID, starts_at: datetime, ends_at: datetime, ignoring: UUID | None
    ) -> Sequence[Claim]:
        """The other visits of a therapist from or to which the way may be too long.

        Those within FARTHEST_VISIT of a span, and the next beyond on either side; the same whatever the window is.
        """
        claims = self.claims.get(therapist_id, ())
        if ignoring is not None:
            claims = [claim for claim in claims if claim.appointment_id != ignoring]
        first = bisect_right(claims, starts_at - FARTHEST_VISIT, key=ENDS_AT)
        last = bisect_left(claims, ends_at + FARTHEST_VISIT, key=STARTS_AT)
        return claims[max(0, first - 1) : last + 1]
