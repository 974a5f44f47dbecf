"""Which check-ins follow a session or a discharge: only those still ahead, each under an id made from what it is.

The ids are drawn from nothing but the plan, so planning the same again would plan it under the same id.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from services.treatment.check_ins.commands import FollowDischarge, FollowSession, Resume, RulesOf
from services.treatment.check_ins.state import AFTER, WEEKLY, CheckIn, Ladder, due_at
from shared.events import treatment_check_ins as c

A_WEEK = timedelta(days=7)
"""Between two weekly check-ins, and the least time that there is for an answer."""


def after_session(command: FollowSession, rules: c.CheckInRules, ladder: Ladder) -> list[c.CheckInPlanned]:
    """The days that are still ahead; where none is, the next of the weekly ones."""
    plan = c.CheckInPlanned(
        check_in_id=command.session_id,
        client_id=command.client_id,
        episode_id=command.episode_id,
        session_id=command.session_id,
        step=WEEKLY,
        counted_from=command.day,
        due_on=command.day,
        due_time=rules.time,
        time_zone=command.time_zone,
        nudge_hours=rules.nudge_hours,
        planned_at=command.now,
    )
    steps = [on_day(plan, f"day_{days}", command.day + timedelta(days=days)) for days in sorted(set(rules.days))]
    ahead = [each for each in steps if due_at(each) > command.now]
    if not ahead and rules.weekly and command.episode_id is not None:
        ahead = [a_week_later(steps[-1] if steps else plan, command.now)]
    return [named(each, ladder) for each in ahead]


def after_discharge(command: FollowDischarge, rules: c.CheckInRules, ladder: Ladder) -> list[c.CheckInPlanned]:
    plan = c.CheckInPlanned(
        check_in_id=command.episode_id,
        client_id=command.client_id,
        episode_id=command.episode_id,
        session_id=None,
        step=AFTER,
        counted_from=command.day,
        due_on=command.day,
        due_time=rules.time,
        time_zone=command.time_zone,
        nudge_hours=rules.nudge_hours,
        planned_at=command.now,
    )
    days = sorted(set(rules.after_discharge))
    steps = [on_day(plan, f"{AFTER}{each}", command.day + timedelta(days=each)) for each in days]
    return [named(each, ladder) for each in steps if due_at(each) > command.now]


def next_weekly(check_in: CheckIn, ladder: Ladder, rules: RulesOf, now: datetime) -> c.CheckInPlanned | None:
    """The weekly check-in that follows this one, by today's rules; none where others of its session still come."""
    plan = check_in.planned
    if plan.session_id is None or plan.episode_id is None:
        return None
    today = rules.get(plan.session_id)
    if today is None or not today.weekly or has_successor(check_in, ladder):
        return None
    later = a_week_later(plan, now)
    return named(replace(later, due_time=today.time, nudge_hours=today.nudge_hours, planned_at=now), ladder)


def has_successor(check_in: CheckIn, ladder: Ladder) -> bool:
    """Whether a later question after the same session is planned, or was asked."""
    plan = check_in.planned
    return any(
        each.planned.session_id == plan.session_id
        and each.planned.episode_id == plan.episode_id
        and each.planned.due_on > plan.due_on
        and each.cancelled is None
        for each in ladder.check_ins.values()
    )


def planned_again(command: Resume, ladder: Ladder) -> Iterator[c.CheckInPlanned]:
    """What was stopped last and is still ahead; where nothing of a session is, its next weekly check-in."""
    ended = [each for each in ladder.check_ins.values() if was_stopped_last(each, ladder) and goes_on(each, command)]
    ahead = [each for each in ended if each.due_at > command.now]
    for each in ahead:
        yield named(replace(each.planned, planned_at=command.now), ladder)
    followed = {each.planned.session_id for each in ahead}
    for each in sorted(ended, key=lambda check_in: check_in.planned.due_on, reverse=True):
        if each.planned.session_id not in followed and (
            weekly := next_weekly(each, ladder, command.rules, command.now)
        ):
            followed.add(each.planned.session_id)
            yield weekly


def was_stopped_last(check_in: CheckIn, ladder: Ladder) -> bool:
    cancelled, stopped = check_in.cancelled, ladder.stopped
    return (
        cancelled is not None
        and stopped is not None
        and cancelled.cause == "opted_out"
        and cancelled.cancelled_at == stopped.stopped_at
    )


def goes_on(check_in: CheckIn, command: Resume) -> bool:
    """Whether what it follows is still so: its episode not discharged, or still discharged."""
    episode_id = check_in.planned.episode_id
    return episode_id is None or (episode_id in command.going) != check_in.follows_discharge


def on_day(plan: c.CheckInPlanned, step: str, day: date) -> c.CheckInPlanned:
    return replace(plan, step=step, due_on=day)


def a_week_later(plan: c.CheckInPlanned, now: datetime) -> c.CheckInPlanned:
    """The first weekly check-in after this one that is still ahead."""
    later = on_day(plan, WEEKLY, plan.due_on + A_WEEK)
    while due_at(later) <= now:
        later = on_day(later, WEEKLY, later.due_on + A_WEEK)
    return later


def named(plan: c.CheckInPlanned, ladder: Ladder) -> c.CheckInPlanned:
    """The plan under its id: another one for each time that the same was planned before."""
    before = sum(what(each.planned) == what(plan) for each in ladder.check_ins.values())
    return replace(plan, check_in_id=uuid5(plan.client_id, f"{what(plan)}:{before}"))


def what(plan: c.CheckInPlanned) -> tuple[UUID | None, UUID | None, str, str]:
    return plan.episode_id, plan.session_id, plan.step, plan.due_on.isoformat()
