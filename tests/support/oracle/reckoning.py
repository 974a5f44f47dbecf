"""The numbers of one report, each as docs/reports.md words it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.events import (
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_patterns as p,
    treatment_sessions as t,
)
from tests.support.oracle.arithmetic import Number, Parts, incidence, median, median_time, share
from tests.support.oracle.minutes import Times, clock, minutes
from tests.support.oracle.story import CheckIn, Episode, Session, Story, Visit

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LEAST = timedelta(microseconds=1)
PASSED, FAILED = (p.PatternHeld, p.PatternClearedWithPrimary), (p.PatternRelapsed, p.PatternPromoted)
WORK = (t.ReleaseApplied, t.ActivationPerformed)
TESTS = (t.MuscleTested, t.MuscleRetested)


@dataclass
class Outcome:
    episode: Episode
    treated_at: datetime | None
    baseline: int | None
    baseline_at: datetime | None
    latest: int | None
    scores: list[tuple[datetime, int, str]]
    """When, how strong, and whether of a session or a check-in."""

    @property
    def can_respond(self) -> bool:
        return self.baseline is not None and self.baseline >= 2

    @property
    def is_complete(self) -> bool:
        return self.can_respond and self.latest is not None

    @property
    def has_responded(self) -> bool:
        if not self.can_respond or self.latest is None or self.baseline is None:
            return False
        return self.baseline - self.latest >= 2 and (self.baseline - self.latest) * 10 >= self.baseline * 3


class Reckoning:
    """The numbers of a scope: `kind` therapist, clinic or chain; in [begin, end), as of `asked_at`."""

    def __init__(
        self, story: Story, kind: str, id_: UUID, period: tuple[datetime, datetime], asked_at: datetime
    ) -> None:
        self.story, self.kind, self.id = story, kind, id_
        self.begin, self.end = period
        self.asked_at = asked_at
        self.shown_at = min(self.end, asked_at)
        self.year = self.end - 365 * DAY

    def mine(self, therapist_id: UUID, clinic_id: UUID) -> bool:
        return {"therapist": therapist_id, "clinic": clinic_id}.get(self.kind, self.id) == self.id

    def of(self, kind: str, id_: UUID) -> "Reckoning":
        """The same of another scope."""
        return Reckoning(self.story, kind, id_, (self.begin, self.end), self.asked_at)

    def in_period(self, at: datetime) -> bool:
        return self.begin <= at < self.end

    def as_shown(self, at: datetime) -> bool:
        return self.begin <= at < self.shown_at

    def numbers(self) -> dict[str, Number]:
        return {
            "attended_visits": self.attended_visits(),
            "clients_by_chain": self.clients(lambda one, other: True),
            "clients_by_clinic": self.clients(lambda one, other: one.clinic_id == other.clinic_id),
            "clients_by_therapist": self.clients(lambda one, other: one.therapist_id == other.therapist_id),
            "utilisation": self.utilisation(),
            "cancellation_rate": self.cancellation_rate(),
            "no_show_rate": self.no_show_rate(),
            "rebooking_rate": self.rebooking_rate(),
            "active_caseload": self.active_caseload(),
            "visits_per_episode": self.visits_per_episode(),
            "overdue_follow_ups": self.overdue_follow_ups(),
            "check_in_response": self.check_in_response(),
            "loop_completeness": self.loop_completeness(),
            "unsigned_notes": self.unsigned_notes(),
            "hours_to_sign": self.hours_to_sign(),
            "addenda_per_100_sessions": self.addenda(),
            "minutes_to_acknowledge": self.minutes_to_acknowledge(),
            "overrides": self.overrides(),
            "check_in_coverage": self.check_in_coverage(),
            "outcome_change": self.outcome_change(),
            "responders_of_started": self.responders(lambda each: each.can_respond),
            "responders_of_completers": self.responders(lambda each: each.is_complete),
            "case_mix_ratio": self.case_mix_ratio(),
            "rater_agreement": self.rater_agreement(),
            "hold_rate": self.hold_rate(),
            "pattern_resolution": self.pattern_resolution(),
            "relapse": self.relapse(),
        }

    # visits

    def visits(self) -> list[Visit]:
        return [
            v
            for v in self.story.visits.values()
            if self.in_period(v.starts_at) and self.mine(v.therapist_id, v.clinic_id)
        ]

    def attended(self) -> list[Visit]:
        return [v for v in self.visits() if v.is_attended]

    def of_person(self, client_id: UUID) -> list[Visit]:
        return self.story.visits_of[self.story.person(client_id)]

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
        return self.story.kept(("minutes", self.begin, self.end), lambda: minutes(self.story, self.begin, self.end))

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

    # care

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
            n = len(self.sessions_of(episode))
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
        today = self.shown_at.astimezone(ZoneInfo(self.story.zone)).date()
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

    def check_in_response(self) -> Number:
        left = {"opted_out": 0, "cancelled": 0, "undelivered": 0, "too_recent": 0}
        answered = counted = 0
        for check_in, due in self.asked():
            cancelled = check_in.first(c.CheckInCancelled)
            if not check_in.sent - check_in.failed:
                why = "undelivered"
                if cancelled is not None:
                    why = "opted_out" if cancelled.cause == "opted_out" else "cancelled"
                left[why] += 1
            elif due + 7 * DAY > self.asked_at:
                left["too_recent"] += 1
            else:
                counted += 1
                first = check_in.first(c.CheckInAnswered)
                answered += first is not None and first.answered_at - due <= 7 * DAY
        return share(answered, counted, left)

    def asked(self) -> list[tuple[CheckIn, datetime]]:
        """Check-ins that fell due in the period, and when."""
        found = self.story.kept(("asked", self.begin, self.end), self.all_asked)
        return [(check_in, due) for check_in, due, lead in found if self.mine(*lead)]

    def all_asked(self) -> list[tuple[CheckIn, datetime, tuple[UUID, UUID]]]:
        """Of all therapists, with who led."""
        found = []
        for check_in in self.story.check_ins.values():
            due = due_at(check_in)
            lead = self.lead_of(check_in, due) if self.in_period(due) else None
            if lead is not None:
                found.append((check_in, due, lead))
        return found

    def lead_of(self, check_in: CheckIn, due: datetime) -> tuple[UUID, UUID] | None:
        episode = self.story.episodes.get(check_in.planned.episode_id or UUID(int=0))
        if episode is not None:
            return episode.led_by(due + timedelta(microseconds=1))
        session = self.story.sessions.get(check_in.planned.session_id or UUID(int=0))
        return (session.started.therapist_id, session.started.clinic_id) if session else None

    # sessions

    def sessions(self) -> list[Session]:
        """Not in error; of any time."""
        return [
            x
            for x in self.story.sessions.values()
            if not x.in_error and self.mine(x.started.therapist_id, x.started.clinic_id)
        ]

    def loop_completeness(self) -> Number:
        complete = released = 0
        for session in self.sessions():
            if not self.in_period(session.started.started_at):
                continue
            first: dict[UUID, int] = {}
            for each in session.of_kind(t.ReleaseApplied):
                if each["loop_id"] is not None:
                    first[each["loop_id"]] = min(each["sequence"], first.get(each["loop_id"], each["sequence"]))
            released += len(first)
            tested = session.of_kind(t.MuscleRetested)
            complete += sum(
                any(
                    each["loop_id"] == loop_id and each["sequence"] > since and each["response"] != "not_tested"
                    for each in tested
                )
                for loop_id, since in first.items()
            )
        return share(complete, released)

    def unsigned_notes(self) -> Number:
        late = [
            x
            for x in self.sessions()
            if x.started.started_at < self.shown_at - 48 * HOUR
            and (x.signed_at is None or x.signed_at >= self.shown_at)
        ]
        return Number(len(late))

    def signed(self) -> list[Session]:
        return [x for x in self.sessions() if x.signed_at is not None and self.as_shown(x.signed_at)]

    def hours_to_sign(self) -> Number:
        return median([((x.signed_at or self.end) - x.started.started_at) / HOUR for x in self.signed()])

    def addenda(self) -> Number:
        added = sum(self.in_period(at) for x in self.sessions() for at in x.addenda)
        signed = len(self.signed())
        return Number(100 * added / signed if signed else None, added, signed)

    def minutes_to_acknowledge(self) -> Number:
        taken, waiting = [], 0
        for told in self.story.alerts.values():
            raised = next(each for each in told if isinstance(each, a.AlertRaised))
            if not self.as_shown(raised.happened_at) or "red_flag" not in raised.rules:
                continue
            if not self.mine(raised.therapist_id, raised.clinic_id):
                continue
            seen = next((each for each in told if isinstance(each, a.AlertAcknowledged)), None)
            if seen is None:
                waiting += 1
            else:
                taken.append((seen.happened_at - raised.happened_at) / MINUTE)
        return median(taken, {"not_acknowledged": waiting})

    def overrides(self) -> Number:
        alerts = 0
        for told in self.story.alerts.values():
            raised = next(each for each in told if isinstance(each, a.AlertRaised))
            closed = [each for each in told if isinstance(each, a.AlertClosed)]
            if closed and self.as_shown(closed[0].happened_at) and closed[-1].outcome == "overridden":
                alerts += self.mine(raised.therapist_id, raised.clinic_id)
        guards = sum(
            bool(each["overridden"])
            for x in self.sessions()
            if self.in_period(x.started.started_at)
            for each in x.of_kind(t.ReleaseApplied)
        )
        return Number(alerts + guards, parts={"alerts": alerts, "guards": guards})

    # outcomes

    def outcomes(self) -> list[Outcome]:
        return [self.outcome(x) for x in self.episodes() if self.year <= x.opened.happened_at < self.shown_at]

    def outcome(self, episode: Episode) -> Outcome:
        return self.story.kept(("outcome", episode.id, self.shown_at, self.year), lambda: self.outcome_of(episode))

    def outcome_of(self, episode: Episode) -> Outcome:
        held = self.sessions_of(episode)
        work = [
            (each["happened_at"], x) for x in held for each in x.of_kind(*WORK) if each["happened_at"] < self.shown_at
        ]
        treated_at, treated_in = min(work, key=lambda each: each[0], default=(None, None))
        baselines = [x for x in episode.before(self.shown_at) if isinstance(x, e.BaselineSet)]
        baseline = baselines[-1] if baselines else None
        early = baseline and treated_at and not timedelta(0) <= treated_at - baseline.happened_at <= 7 * DAY
        baseline = None if early else baseline
        scores: list[tuple[datetime, int, str]] = []
        if treated_at is not None:
            scores = [
                (each["happened_at"], each["value"], "session")
                for x in held
                if x is not treated_in
                for each in x.of_kind(t.PainScored)
                if each["when"] in {"before", "now"} and each["target"] in (None, episode.opened.target)
            ]
            scores += [(at, score, "check_in") for at, score in self.answers(episode)]
            scores = [each for each in scores if treated_at < each[0] < self.shown_at]
        scores.sort(key=lambda each: each[0])
        return Outcome(
            episode,
            treated_at,
            baseline.nrs_now if baseline else None,
            baseline.happened_at if baseline else None,
            scores[-1][1] if scores else None,
            scores,
        )

    def answers(self, episode: Episode) -> list[tuple[datetime, int]]:
        found = []
        for check_in in self.story.check_ins_of[self.story.person(episode.opened.client_id)]:
            first = check_in.first(c.CheckInAnswered)
            if check_in.planned.episode_id == episode.id and first is not None and due_at(check_in) >= self.year:
                found.append((first.answered_at, int(check_in.score or 0)))
        return found

    def check_in_coverage(self) -> Number:
        found = self.outcomes()
        covered = [
            x
            for x in found
            if x.baseline is not None
            and x.treated_at is not None
            and any(x.treated_at < at < self.shown_at for at, _ in self.answers(x.episode))
        ]
        return share(len(covered), len(found))

    def left_out(self, found: list[Outcome]) -> dict[str, int]:
        return {
            "no_baseline": len([x for x in found if x.baseline is None]),
            "floor": len([x for x in found if x.baseline is not None and x.baseline < 2]),
            "missing": len([x for x in found if x.can_respond and x.latest is None]),
        }

    def outcome_change(self) -> Number:
        found = self.outcomes()
        changes = [float((x.latest or 0) - (x.baseline or 0)) for x in found if x.is_complete]
        return median(changes, self.left_out(found))

    def responders(self, counts: Callable[[Outcome], bool]) -> Number:
        everybody = self.outcomes()
        found = [x for x in everybody if counts(x)]
        left = self.left_out([x for x in everybody if not counts(x)])
        return share(len([x for x in found if x.has_responded]), len(found), left)

    def case_mix_ratio(self) -> Number:
        strata: dict[int, list[bool]] = {}
        for x in self.of("chain", self.id).outcomes():
            if x.can_respond:
                strata.setdefault(stratum(x), []).append(x.has_responded)
        mine = [x for x in self.outcomes() if x.can_respond]
        expected = sum(sum(strata[stratum(x)]) / len(strata[stratum(x)]) for x in mine)
        got = len([x for x in mine if x.has_responded])
        if len(mine) < 30 or not expected:
            return Number(None)
        return Number(got / expected, got, expected)

    def rater_agreement(self) -> Number:
        pairs: list[tuple[str, str]] = []
        for session in self.sessions():
            if not self.year <= session.started.started_at < self.shown_at:
                continue
            entries = sorted(session.of_kind(*TESTS, *WORK), key=lambda each: int(each["sequence"]))
            groups: list[list[dict[str, Any]]] = [[]]
            for each in entries:
                if isinstance(each["event"], WORK):
                    groups.append([])
                elif each["blinded"] and each["provocation"] is None and each["response"] != "not_tested":
                    groups[-1].append(each)
            pairs += [pair for group in groups for pair in pairs_in(group)]
        agreed = sum(one == other for one, other in pairs)
        words = {each for pair in pairs for each in pair}
        n = len(pairs)
        by_chance = sum(
            sum(one == word for one, _ in pairs) * sum(other == word for _, other in pairs) / n / n for word in words
        )
        value = (agreed / n - by_chance) / (1 - by_chance) if n >= 20 and by_chance < 1 else None
        return Number(value, None, n)

    # patterns

    def patterns(self) -> list[list[Any]]:
        """The steps of each pattern, as far as they are shown; without those that never were."""
        return self.story.kept(("patterns", self.shown_at), self.all_patterns)

    def all_patterns(self) -> list[list[Any]]:
        found = []
        for told in self.story.patterns.values():
            if any(isinstance(each, p.PatternEnteredInError) for each in told):
                continue
            steps = [each for each in told if each.happened_at < self.shown_at]
            found.append(sorted(steps, key=lambda each: each.happened_at))
        return found

    def stands(self, step: Any) -> bool:
        session = self.story.sessions.get(step.session_id)
        return session is not None and not session.in_error and session.started.started_at < self.shown_at

    def seen_here(self, step: Any) -> bool:
        started = self.story.sessions[step.session_id].started
        return self.mine(started.therapist_id, started.clinic_id)

    def hold_rate(self) -> Number:
        passed = tested = done = followed = made = 0
        for steps in self.patterns():
            for number, step in enumerate(steps):
                if (
                    not isinstance(step, p.PatternCorrectedInSession)
                    or not self.stands(step)
                    or not self.seen_here(step)
                ):
                    continue
                first = first_retest(steps[number + 1 :])
                if first is not None and self.as_shown(first.happened_at):
                    tested += 1
                    passed += isinstance(first, PASSED)
                made += self.as_shown(step.happened_at)
                if self.as_shown(step.happened_at) and self.has_later_session(step):
                    followed += 1
                    done += first is not None
        parts = {"cold_retests_done": share(done, followed, {"no_later_session": made - followed})}
        return share(passed, tested, parts=parts)

    def has_later_session(self, step: Any) -> bool:
        held = self.story.sessions_of[self.story.person(step.client_id)]
        return any(step.happened_at < x.started.started_at < self.shown_at for x in held)

    def pattern_resolution(self) -> Number:
        by_days: list[tuple[float, bool]] = []
        by_visits: list[tuple[float, bool]] = []
        for steps in self.patterns():
            confirmed = next((x for x in steps if isinstance(x, p.PatternConfirmed) and self.stands(x)), None)
            if confirmed is None or not self.year <= confirmed.happened_at or not self.seen_here(confirmed):
                continue
            after = [x for x in steps if x.happened_at >= confirmed.happened_at]
            end = next((x for x in after if isinstance(x, p.PatternResolved | p.PatternClosedUnverified)), None)
            until = end.happened_at if end else self.shown_at
            has_ended = isinstance(end, p.PatternResolved)
            by_days.append(((until - confirmed.happened_at).days, has_ended))
            by_visits.append((self.visits_until(confirmed, until), has_ended))
        return incidence(by_days, 42, parts={"by_visit_3": incidence(by_visits, 3)})

    def visits_until(self, confirmed: Any, until: datetime) -> int:
        began = self.story.sessions[confirmed.session_id].started.started_at
        starts = [x.started.started_at for x in self.story.sessions_of[self.story.person(confirmed.client_id)]]
        return len([at for at in starts if began <= at <= until and at < self.shown_at])

    def relapse(self) -> Number:
        followed: list[tuple[float, bool]] = []
        unseen = 0
        for steps in self.patterns():
            for number, step in enumerate(steps):
                if not isinstance(step, p.PatternResolved) or step.happened_at < self.year:
                    continue
                named = [x for x in steps[: number + 1] if getattr(x, "session_id", None)]
                if not named or not self.seen_here(named[-1]):
                    continue
                after = steps[number + 1 :]
                again = next((n for n, x in enumerate(after) if isinstance(x, p.PatternResolved)), len(after))
                failed = next((x for x in after[:again] if isinstance(x, FAILED)), None)
                if failed is not None:
                    followed.append(((failed.happened_at - step.happened_at).days, True))
                    continue
                seen = [x.happened_at for x in after[:again] if isinstance(x, PASSED)]
                seen += self.answered_after(step)
                if seen:
                    followed.append(((max(seen) - step.happened_at).days, False))
                else:
                    unseen += 1
        left = {"no_follow_up": unseen}
        parts = {f"by_day_{days}": incidence(followed, days, left) for days in (30, 90)}
        return incidence(followed, 180, left, parts)

    def answered_after(self, step: Any) -> list[datetime]:
        found = []
        for check_in in self.story.check_ins_of[self.story.person(step.client_id)]:
            if due_at(check_in) < self.year:
                continue
            first = check_in.first(c.CheckInAnswered)
            if first is not None and step.happened_at < first.answered_at < self.shown_at:
                found.append(first.answered_at)
        return found


def place(visit: Visit) -> tuple[datetime, UUID]:
    return visit.starts_at, visit.id


def of_visit(visit: Visit) -> tuple[float, float]:
    """Minutes that count, and those beyond the plan."""
    planned = (visit.ends_at - visit.starts_at) / MINUTE
    if visit.actual is None:
        return planned, 0
    took = (visit.actual[1] - visit.actual[0]) / MINUTE
    return min(planned, took), max(0, took - planned)


def due_at(check_in: CheckIn) -> datetime:
    plan = check_in.planned
    return clock(plan.due_time, plan.due_on, plan.time_zone)


def stratum(outcome: Outcome) -> int:
    """By the baseline; nobody in the invented year has tried anything before."""
    baseline = outcome.baseline or 0
    return 2 if baseline <= 4 else 5 if baseline <= 7 else 8


def pairs_in(group: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Of each place the first test, and the first by somebody else."""
    for place_tested in {(each["target"], each["side"]) for each in group}:
        tests = [each for each in group if (each["target"], each["side"]) == place_tested]
        other = next((each for each in tests if each["rater"] != tests[0]["rater"]), None)
        if other is not None:
            yield tests[0]["response"], other["response"]


def first_retest(steps: list[Any]) -> Any:
    """The first cold retest before the pattern is corrected again."""
    for step in steps:
        if isinstance(step, p.PatternCorrectedInSession):
            return None
        if isinstance(step, PASSED + FAILED):
            return step
    return None


def month(story: Story, year: int, number: int) -> tuple[datetime, datetime]:
    """A month on the chain's clock."""
    zone = ZoneInfo(story.zone)
    begin = datetime(year, number, 1, tzinfo=zone)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return begin.astimezone(UTC), end.astimezone(UTC)
