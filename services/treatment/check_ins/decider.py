"""The life of a client's check-ins: one question at a time, one answer to each, and none once they want no more.

What was planned is asked, answered, or cancelled for a cause; doing any of it again changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from services.treatment.check_ins.answers import answer
from services.treatment.check_ins.commands import (
    Answer,
    CheckInCommand,
    DropSession,
    FollowDischarge,
    FollowReopening,
    FollowSession,
    NoteSent,
    NoteUndeliverable,
    Open,
    Resume,
    Stop,
)
from services.treatment.check_ins.planning import A_WEEK, after_discharge, after_session, next_weekly, planned_again
from services.treatment.check_ins.state import CheckIn, Ladder, due_at, evolve
from shared.decider import Decider, NotThere
from shared.events import treatment_check_ins as c


def decide(command: CheckInCommand, ladder: Ladder) -> list[Any]:  # noqa: PLR0911, C901 - one case for each command
    match command:
        case FollowSession():
            return follow_session(command, ladder)
        case FollowDischarge():
            return follow_discharge(command, ladder)
        case FollowReopening():
            ended = [each for each in of_episode(ladder, command.episode_id, command.now) if each.follows_discharge]
            return cancelled(ended, "reopened", command.now)
        case DropSession():
            ended = [each for each in ladder.live(command.now) if each.planned.session_id == command.session_id]
            return cancelled(ended, "in_error", command.now)
        case Open():
            return opened(command, ladder)
        case Answer():
            return answer(command, ladder)
        case Stop():
            return stopped(command, ladder)
        case Resume():
            return resumed(command, ladder)
        case NoteSent():
            return sent(command, ladder)
        case NoteUndeliverable():
            return undeliverable(command, ladder)
        case _:
            assert_never(command)


def follow_session(command: FollowSession, ladder: Ladder) -> list[Any]:
    """Ask after the newest session, and no more after those before it; nothing for one that was followed already."""
    rules = command.rules
    if rules is None or not may_plan(ladder) or not is_newest(command, ladder):
        return []
    if command.episode_id is not None and not command.goes_on:
        return []
    replaced = [
        each for each in ladder.live(command.now) if not each.follows_discharge or each.status(command.now) == "open"
    ]
    return [*cancelled(replaced, "replaced", command.now), *after_session(command, rules, ladder)]


def is_newest(command: FollowSession, ladder: Ladder) -> bool:
    """Whether no later session is followed by check-ins, and this one not yet as a session of this episode."""
    for each in ladder.check_ins.values():
        plan = each.planned
        if plan.session_id == command.session_id and plan.episode_id == command.episode_id:
            return False
        in_error = each.cancelled is not None and each.cancelled.cause == "in_error"
        if plan.session_id not in (None, command.session_id) and plan.counted_from > command.day and not in_error:
            return False
    return True


def follow_discharge(command: FollowDischarge, ladder: Ladder) -> list[Any]:
    events = cancelled(of_episode(ladder, command.episode_id, command.now), "discharged", command.now)
    if command.rules is None or not may_plan(ladder):
        return events
    return [*events, *after_discharge(command, command.rules, ladder)]


def opened(command: Open, ladder: Ladder) -> list[Any]:
    """Ask it, unless it is asked already or not wanted any more, and nothing else that is due by then.

    Whatever it takes the place of goes on weekly as if it had been asked. Raises NotThere.
    """
    check_in, now = one(ladder, command.check_in_id), command.now
    if ladder.erased:
        return cancelled(ladder.live(now), "erased", now)
    if check_in.status(now) != "planned" or ladder.is_stopped:
        return []
    replaced = [
        each
        for each in ladder.live(now)
        if each.id != check_in.id
        and (each.status(now) == "open" or each.planned.due_on <= max(check_in.planned.due_on, now.date()))
    ]
    weekly = [plan for each in (check_in, *replaced) if (plan := next_weekly(each, ladder, command.rules, now))]
    ahead = [each for each in ladder.live(now) if each not in replaced and each.id != check_in.id]
    falls_due = [*(each.due_at for each in ahead), *map(due_at, weekly)]
    asked = c.CheckInOpened(
        check_in_id=check_in.id,
        client_id=check_in.client_id,
        opened_at=now,
        good_until=max(min(falls_due, default=now), now + A_WEEK),
    )
    return [*cancelled(replaced, "replaced", now), asked, *weekly]


def stopped(command: Stop, ladder: Ladder) -> list[Any]:
    if ladder.is_stopped or ladder.erased:
        return []
    said = c.CheckInsStopped(client_id=command.client_id, source=command.source, stopped_at=command.now)
    return [said, *cancelled(ladder.live(command.now), "opted_out", command.now)]


def resumed(command: Resume, ladder: Ladder) -> list[Any]:
    """Ask again what the client had stopped and is still ahead."""
    if not ladder.is_stopped or ladder.erased:
        return []
    said = c.CheckInsResumed(client_id=command.client_id, by=command.by, resumed_at=command.now)
    return [said, *planned_again(command, ladder)]


def sent(command: NoteSent, ladder: Ladder) -> list[Any]:
    check_in = one(ladder, command.check_in_id)
    if any(each.ordinal == command.ordinal for each in check_in.sent):
        return []
    told = {"check_in_id": check_in.id, "client_id": check_in.client_id}
    return [c.CheckInSent(**told, ordinal=command.ordinal, channel=command.channel, sent_at=command.sent_at)]


def undeliverable(command: NoteUndeliverable, ladder: Ladder) -> list[Any]:
    """What could not be asked at all does not keep the next week's question from being asked, and takes its place.

    The one before it that could not be asked either is not wanted any more, so that they do not pile up.
    """
    check_in = one(ladder, command.check_in_id)
    if any(each.ordinal == command.ordinal for each in check_in.failed):
        return []
    told = {"check_in_id": check_in.id, "client_id": check_in.client_id}
    noted = c.CheckInUndeliverable(**told, ordinal=command.ordinal, cause=command.cause, noticed_at=command.now)
    if check_in.status(command.now) != "planned" or not may_plan(ladder):
        return [noted]
    given_up = [
        each
        for each in ladder.live(command.now)
        if each.failed and each.opened is None and each.planned.due_on < check_in.planned.due_on
    ]
    weekly = next_weekly(check_in, ladder, command.rules, command.now)
    return [noted, *cancelled(given_up, "replaced", command.now), *([weekly] if weekly else [])]


def may_plan(ladder: Ladder) -> bool:
    return not ladder.is_stopped and not ladder.erased


def of_episode(ladder: Ladder, episode_id: UUID, now: datetime) -> list[CheckIn]:
    return [each for each in ladder.live(now) if each.planned.episode_id == episode_id]


def cancelled(check_ins: Iterable[CheckIn], cause: c.CancelReason, now: datetime) -> list[Any]:
    return [
        c.CheckInCancelled(check_in_id=each.id, client_id=each.client_id, cause=cause, cancelled_at=now)
        for each in check_ins
    ]


def one(ladder: Ladder, check_in_id: UUID) -> CheckIn:
    """Raises NotThere."""
    try:
        return ladder.check_ins[check_in_id]
    except KeyError:
        raise NotThere from None


CHECK_INS: Decider[Ladder, CheckInCommand] = Decider(Ladder(), decide, evolve)
