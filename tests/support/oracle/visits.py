"""The numbers of visits and of time, each as docs/reports.md words it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from shared.events import (
    treatment_episodes as e,
)
from tests.support.oracle.arithmetic import Number, Parts, share
from tests.support.oracle.asked import DAY, HOUR, MINUTE, Asked
from tests.support.oracle.minutes import Times, minutes
from tests.support.oracle.story import Visit


class Visits(Asked):
    """Each visit once, where it stands as known."""

    def visits(self) -> list[Visit]:
        return [
            v
            for v in self.story.visits.values()
            if self.as_shown(v.starts_at) and self.mine(v.therapist_id, v.clinic_id)
        ]

    def attended(self) -> list[Visit]:
        return [v for v in self.visits() if v.is_attended]

    def attended_visits(self) -> Number:
        return Number(len(self.attended()), left={"open": len([v for v in self.visits() if v.status == "booked"])})

    def clients(self, same: Callable[[Visit, Visit], bool]) -> Number:
        kinds = self.kinds(same)
        return Number(sum(kinds.values()), parts=kinds)

    def kinds(self, same: Callable[[Visit, Visit], bool]) -> dict[str, float]:
        firsts: dict[UUID, Visit] = {}
        for visit in sorted(self.attended(), key=place):
            firsts.setdefault(self.story.person(visit.client_id), visit)
        kinds = {"new": 0.0, "returning": 0.0, "reactivated": 0.0}
        for first in firsts.values():
            before = [
                v
                for v in self.of_person(first.client_id)
                if v.is_attended and same(v, first) and place(v) < place(first)
            ]
            last = max(before, key=place, default=None)
            if last is None:
                kinds["new"] += 1
            elif first.starts_at - last.starts_at <= 365 * DAY:
                kinds["returning"] += 1
            else:
                kinds["reactivated"] += 1
        return kinds

    def utilisation(self) -> Number:
        rostered, blocked, leave = (
            sum(found for (*whose, _), found in each.items() if self.mine(*whose)) for each in self.minutes()
        )
        worked = [of_visit(v) for v in self.attended()]
        inside, over = sum(each for each, _ in worked), sum(each for _, each in worked)
        available = rostered - blocked - leave
        parts: Parts = {
            "rostered_minutes": rostered,
            "blocked_minutes": blocked,
            "leave_minutes": leave,
            "overrun_minutes": over,
        }
        return Number(inside / available if available > 0 else None, inside, available, parts=parts)

    def minutes(self) -> Times:
        return self.story.kept(("minutes", self.begin, self.shown_at), self.all_minutes)

    def all_minutes(self) -> Times:
        return minutes(self.story, self.begin, self.shown_at)

    def cancellation_rate(self) -> Number:
        found = self.visits()
        gone = [v for v in found if v.status == "cancelled"]
        ended = [v for v in found if v.status in {"arrived", "fulfilled", "noshow", "cancelled"}]
        by_clinic = [v for v in gone if v.initiator in {"clinic", "therapist"}]
        by_client = [v for v in gone if v.initiator == "client"]
        counted = {
            "by_client": len(by_client),
            "by_clinic": len(by_clinic),
            "by_nobody_known": len([v for v in gone if v.initiator is None]),
            "by_client_under_24_h": len([v for v in by_client if (v.notice_minutes or 0) < 1440]),
            "by_clinic_under_24_h": len([v for v in by_clinic if (v.notice_minutes or 0) < 1440]),
        }
        parts = {name: share(k, len(ended)) for name, k in counted.items()}
        return share(len(gone), len(ended), {"open": len(found) - len(ended)}, parts)

    def no_show_rate(self) -> Number:
        found = self.visits()
        missed = [v for v in found if v.status == "noshow"]
        left = {
            status: len([v for v in found if v.status == now])
            for status, now in (("cancelled", "cancelled"), ("open", "booked"))
        }
        return share(len(missed), len(missed) + len(self.attended()), left)

    def rebooking_rate(self) -> Number:
        left = {"planned_discharge": 0, "too_recent": 0}
        rebooked = counted = 0
        for visit in self.attended():
            until = visit.ends_at + 72 * HOUR
            person = self.story.person(visit.client_id)
            ends = [
                told.happened_at
                for episode in self.story.episodes_of[person]
                for told in episode.told
                if isinstance(told, e.EpisodeDischarged) and told.planned
            ]
            if any(visit.starts_at <= at <= until for at in ends):
                left["planned_discharge"] += 1
            elif until > self.asked_at:
                left["too_recent"] += 1
            else:
                counted += 1
                rebooked += any(
                    v.id != visit.id and v.starts_at > visit.starts_at and v.stands_at(until)
                    for v in self.of_person(visit.client_id)
                )
        return share(rebooked, counted, left)


def place(visit: Visit) -> tuple[datetime, UUID]:
    return visit.starts_at, visit.id


def of_visit(visit: Visit) -> tuple[float, float]:
    """Minutes that count, and those beyond the plan."""
    planned = (visit.ends_at - visit.starts_at) / MINUTE
    if visit.actual is None:
        return planned, 0
    took = (visit.actual[1] - visit.actual[0]) / MINUTE
    return min(planned, took), max(0, took - planned)
