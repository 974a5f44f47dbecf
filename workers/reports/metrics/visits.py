"""How visits went: who came for the first time, who cancelled, who stayed away, who booked again."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from shared.reports.document import Metric
from workers.reports.known.visits import REBOOK_WITHIN, Visit
from workers.reports.metrics.numbers import count, share

RETURNS_WITHIN = timedelta(days=365)
DAY_MINUTES = 24 * 60

Before = Callable[[Visit], datetime | None]
BEFORE: Mapping[str, Before] = {
    "chain": lambda visit: visit.last_at_chain,
    "clinic": lambda visit: visit.last_at_clinic,
    "therapist": lambda visit: visit.last_with_therapist,
}


def new_and_returning(visits: Sequence[Visit]) -> list[Metric]:
    """Persons by their first attended visit of the period: new, returning or reactivated; visits are in order."""
    first: dict[UUID, Visit] = {}
    for visit in visits:
        if visit.attended:
            first.setdefault(visit.person_id, visit)
    return [clients(to, [kind_of(visit, before(visit)) for visit in first.values()]) for to, before in BEFORE.items()]


def clients(to: str, kinds: Sequence[str]) -> Metric:
    parts = tuple(count(kind, kinds.count(kind), "clients_seen") for kind in ("new", "returning", "reactivated"))
    return count(f"clients_by_{to}", len(kinds), "clients_seen", parts=parts)


def kind_of(visit: Visit, before: datetime | None) -> str:
    if before is None:
        return "new"
    return "returning" if visit.starts_at - before <= RETURNS_WITHIN else "reactivated"


def attended(visits: Sequence[Visit]) -> Metric:
    return count("attended_visits", sum(visit.attended for visit in visits), "visits", left=still_open(visits))


def still_open(visits: Sequence[Visit]) -> dict[str, int]:
    """Visits of which nobody has said what became of them."""
    return {"open": sum(visit.status == "booked" for visit in visits)}


def cancellation_rate(visits: Sequence[Visit]) -> Metric:
    """Over all whose fate is known; the parts are of the same visits, so they add up to the whole."""
    known = [visit for visit in visits if visit.status != "booked"]
    cancelled = [visit for visit in known if visit.status == "cancelled"]
    sides = {
        "by_client": [visit for visit in cancelled if visit.initiator == "client"],
        "by_clinic": [visit for visit in cancelled if visit.initiator in {"clinic", "therapist"}],
        "by_nobody_known": [visit for visit in cancelled if visit.initiator is None],
    }
    parts = [share(name, len(some), len(known), "visits") for name, some in sides.items()]
    parts += [
        share(f"{name}_under_24_h", sum(is_short(visit) for visit in sides[name]), len(known), "visits")
        for name in ("by_client", "by_clinic")
    ]
    left = still_open(visits)
    return share("cancellation_rate", len(cancelled), len(known), "visits", left=left, parts=tuple(parts))


def is_short(visit: Visit) -> bool:
    return visit.notice_minutes is not None and visit.notice_minutes < DAY_MINUTES


def no_show_rate(visits: Sequence[Visit]) -> Metric:
    missed = sum(visit.status == "noshow" for visit in visits)
    left = still_open(visits) | {"cancelled": sum(visit.status == "cancelled" for visit in visits)}
    return share("no_show_rate", missed, missed + sum(visit.attended for visit in visits), "visits", left=left)


def rebooking_rate(
    visits: Sequence[Visit], planned_ends: Mapping[UUID, Collection[datetime]], as_of: datetime
) -> Metric:
    """`planned_ends` are the agreed discharges by person: after such a visit nobody has to come again."""
    came = [visit for visit in visits if visit.attended]
    rest = [visit for visit in came if not is_last(visit, planned_ends.get(visit.person_id, ()))]
    ready = [visit for visit in rest if visit.ends_at + REBOOK_WITHIN <= as_of]
    left = {"planned_discharge": len(came) - len(rest), "too_recent": len(rest) - len(ready)}
    return share("rebooking_rate", sum(visit.rebooked for visit in ready), len(ready), "attended_visits", left=left)


def is_last(visit: Visit, ends: Iterable[datetime]) -> bool:
    """Whether an episode was discharged as agreed from the visit's start until 72 hours after its end."""
    return any(visit.starts_at <= end <= visit.ends_at + REBOOK_WITHIN for end in ends)
