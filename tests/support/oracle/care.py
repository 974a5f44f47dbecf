"""The numbers of episodes and of who is expected, each as docs/reports.md words it."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.events import (
    treatment_check_ins as c,
    treatment_episodes as e,
)
from tests.support.oracle.arithmetic import Number, median, median_time
from tests.support.oracle.asked import DAY
from tests.support.oracle.check_ins import due_at
from tests.support.oracle.story import CheckIn, Episode, Session, Visit
from tests.support.oracle.visits import Visits

LEAST = timedelta(microseconds=1)


class Care(Visits):
    """Episodes by who leads them."""

    def episodes(self) -> list[Episode]:
        found = self.story.kept(("episodes", self.shown_at), self.all_episodes)
        return [episode for episode, lead in found if self.mine(*lead)]

    def all_episodes(self) -> list[tuple[Episode, tuple[UUID, UUID]]]:
        """Of all therapists, with who leads them."""
        found = [x for x in self.story.episodes.values() if x.opened.happened_at < self.shown_at]
        return [(x, x.led_by(self.shown_at)) for x in found]

    def is_gone(self, client_id: UUID) -> bool:
        person = self.story.person(client_id)
        return any(self.story.person(each) == person and at < self.shown_at for each, at in self.story.erased.items())

    def active_caseload(self) -> Number:
        there: set[UUID] = set()
        present: set[UUID] = set()
        for episode in self.episodes():
            client_id = episode.opened.client_id
            if episode.status_at(self.shown_at) not in {"active", "held"} or self.is_gone(client_id):
                continue
            person = self.story.person(client_id)
            there.add(person)
            if person not in present and self.is_present(person):
                present.add(person)
        left = {"not_seen": len(there - present)} if there - present else {}
        return Number(len(present), left=left)

    def is_present(self, person: UUID) -> bool:
        moment = self.shown_at
        visits = self.of_person(person)
        if any(v.is_attended and moment - 42 * DAY <= v.starts_at < moment for v in visits) or self.is_expected(visits):
            return True
        return any(self.is_running(each) for each in self.story.check_ins_of[person])

    def is_running(self, check_in: CheckIn) -> bool:
        if check_in.planned.planned_at >= self.shown_at or due_at(check_in) < self.year:
            return False
        answered, cancelled = check_in.first(c.CheckInAnswered), check_in.first(c.CheckInCancelled)
        opened = check_in.first(c.CheckInOpened)
        return not (
            (answered and answered.answered_at < self.shown_at)
            or (cancelled and cancelled.cancelled_at < self.shown_at)
            or (opened and opened.good_until < self.shown_at)
        )

    def sessions_of(self, episode: Episode) -> list[Session]:
        held = self.story.sessions_of[self.story.person(episode.opened.client_id)]
        return [x for x in held if x.episode_id == episode.id and x.started.started_at < self.shown_at]

    def visits_per_episode(self) -> Number:
        followed: list[tuple[float, bool]] = []
        ended: list[float] = []
        for episode in self.episodes():
            n = len({x.appointment_id or x.started.session_id for x in self.sessions_of(episode)})
            at = episode.discharged_at(self.shown_at)
            if at is None:
                followed.append((n, False))
            elif self.as_shown(at):
                followed.append((n, True))
                ended.append(n)
        new = self.kinds(lambda one, other: True)["new"]
        legacy = Number(len(self.attended()) / new if new else None, len(self.attended()), new)
        return median(ended, parts={"with_open_episodes": median_time(followed), "legacy_visit_average": legacy})

    def overdue_follow_ups(self) -> Number:
        return Number(len(self.overdue()))

    def overdue(self) -> list[tuple[date, UUID, UUID]]:
        """Planned day, episode and person, the longest overdue first."""
        today = self.shown_at.astimezone(ZoneInfo(self.zone)).date()
        late = []
        for episode in self.episodes():
            plans = [x for x in episode.before(self.shown_at) if isinstance(x, e.NextVisitPlanned)]
            client_id = episode.opened.client_id
            if episode.status_at(self.shown_at) != "active" or self.is_gone(client_id) or not plans:
                continue
            plan = plans[-1]
            visits = self.of_person(client_id)
            came = any(v.is_attended and plan.happened_at < v.starts_at < self.shown_at for v in visits)
            if plan.on is not None and (today - plan.on).days > 7 and not came and not self.is_expected(visits):
                late.append((plan.on, episode.id, self.story.person(client_id)))
        return sorted(late)

    def is_expected(self, visits: list[Visit]) -> bool:
        """Whether a visit from now on was made before, and stood."""
        moment = self.shown_at
        return any(v.starts_at >= moment and v.made_at < moment and v.stands_at(moment - LEAST) for v in visits)
