"""The life of one pattern: nothing is confirmed, corrected, held or gone that the tests of a session do not show.

The therapist says what became of it and names the tests; whether they show it is decided here.
"""

from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from services.treatment.order import must_follow, must_have_happened
from services.treatment.patterns import refusals as r
from services.treatment.patterns.commands import (
    CHANGE,
    Clear,
    Close,
    Confirm,
    Correct,
    EnterInError,
    Hold,
    Hypothesise,
    PatternCommand,
    Promote,
    Refute,
    Relapse,
    Resolve,
    Said,
    Shown,
    Subordinate,
)
from services.treatment.patterns.evidence import (
    Session,
    Test,
    correcting_retests,
    is_cold,
    moment_of,
    place_of,
    shows_link,
    shows_no_link,
)
from services.treatment.patterns.state import AT_LEAST_CORRECTED, FROM, Pattern, days_between, evolve, stands
from shared.decider import Decider, NotThere
from shared.events import treatment_patterns as p
from shared.events.treatment_sessions import Response


def decide(command: PatternCommand, pattern: Pattern) -> list[Any]:
    if isinstance(command, Hypothesise):
        return [hypothesised(command, pattern)]
    if pattern.found is None:
        raise NotThere
    if pattern.state not in FROM[CHANGE[type(command)]]:
        raise r.PatternState(state=pattern.state)
    ids: dict[str, Any] = {"pattern_id": pattern.found.pattern_id, "client_id": pattern.found.client_id}
    if isinstance(command, Resolve | Subordinate | Close | EnterInError):
        must_have_happened(command.happened_at, command.now)
        must_follow(command.happened_at, pattern.changed.happened_at if pattern.changed else None)
        return [said(command, pattern, ids | {"happened_at": command.happened_at})]
    return [shown(command, pattern, ids)]


def hypothesised(command: Hypothesise, pattern: Pattern) -> p.PatternHypothesised:
    if pattern.found is not None:
        raise r.PatternExists
    members = command.found.members
    roles, places = {each.role for each in members}, {(each.target, each.side) for each in members}
    if roles != {"overactive", "inhibited"} or len(places) != len(members):
        raise r.PatternMembers
    must_have_happened(command.found.happened_at, command.now)
    return command.found


def shown(command: Shown, pattern: Pattern, ids: dict[str, Any]) -> Any:
    match command:
        case Confirm():
            return confirmed(command, pattern, ids)
        case Refute():
            return refuted(command, pattern, ids)
        case Correct():
            return corrected(command, pattern, ids)
        case Hold():
            return held(command, pattern, ids)
        case Relapse():
            return relapsed(command, pattern, ids)
        case Promote():
            test = cold_test(command, pattern, "fails")
            if stands(command.primary):
                must_come_after_correction(test, command.primary)
            return p.PatternPromoted(**ids | by(test, pattern) | {"primary_pattern_id": pattern.primary_id})
        case Clear():
            test = cold_test(command, pattern, "holds")
            corrected_at = must_come_after_correction(test, command.primary)
            found = {"days_since_correction": days_between(corrected_at, test.happened_at)}
            above = {"primary_pattern_id": pattern.primary_id}
            return p.PatternClearedWithPrimary(**ids | by(test, pattern) | above | found)
        case _:
            assert_never(command)


def confirmed(command: Confirm, pattern: Pattern, ids: dict[str, Any]) -> p.PatternConfirmed:
    failed = test_of(command.session, command.failed, pattern)
    held = test_of(command.session, command.held, pattern)
    if not shows_link(command.session, failed, held, pattern.overactive):
        raise r.NotConfirmed
    return p.PatternConfirmed(**ids, **at(held, pattern), by_tests=(failed.test_id, held.test_id))


def refuted(command: Refute, pattern: Pattern, ids: dict[str, Any]) -> p.PatternRefuted:
    tests = [test_of(command.session, each, pattern) for each in command.tests]
    because: p.RefutedBy
    match tests:
        case [test] if is_cold(command.session, test) and test.response == "holds":
            because = "inhibited_holds_cold"
        case [before, after] if shows_no_link(command.session, before, after, pattern.overactive):
            because = "release_changes_nothing"
        case _:
            raise r.NotRefuted
    return p.PatternRefuted(**ids, **at(tests[-1], pattern), by_tests=command.tests, because=because)


def corrected(command: Correct, pattern: Pattern, ids: dict[str, Any]) -> p.PatternCorrectedInSession:
    found = list(correcting_retests(command.session, command.loop_id, pattern.overactive, pattern.inhibited))
    if not found:
        raise r.NotCorrected
    must_not_precede(found[-1], pattern)
    retest = next(each for each in found if not is_too_early(each, pattern))
    return p.PatternCorrectedInSession(**ids, **by(retest, pattern), loop_id=command.loop_id)


def held(command: Hold, pattern: Pattern, ids: dict[str, Any]) -> p.PatternHeld:
    test = cold_test(command, pattern, "holds")
    if pattern.state == "unverified":
        if command.session.episode_id in {None, pattern.episode_id}:
            raise r.SameEpisode
    elif pattern.changed is not None and pattern.changed.session_id == command.session.session_id:
        raise r.SameSession
    wait = timedelta(hours=command.thresholds.hours_to_hold)
    if pattern.state == "corrected" and pattern.corrected and test.happened_at < pattern.corrected.happened_at + wait:
        raise r.TooSoon
    return p.PatternHeld(
        **ids,
        **by(test, pattern),
        episode_id=command.session.episode_id,
        days_since_correction=days_since_correction(test, pattern),
        hold_count=len(pattern.holds) + 1 if pattern.state == "holding" else 1,
        thresholds=command.thresholds,
    )


def relapsed(command: Relapse, pattern: Pattern, ids: dict[str, Any]) -> p.PatternRelapsed:
    test = cold_test(command, pattern, "fails")
    days = days_since_correction(test, pattern)
    ids |= {"episode_id": command.session.episode_id, "days_since_correction": days}
    return p.PatternRelapsed(**ids, **by(test, pattern), trigger=command.trigger)


def said(command: Said, pattern: Pattern, common: dict[str, Any]) -> Any:
    match command:
        case Resolve():
            return p.PatternResolved(**common, **resolving(command, pattern), thresholds=command.thresholds)
        case Subordinate():
            must_hang_loose(command, pattern)
            must_hang_under(command, common["pattern_id"])
            return p.PatternSubordinated(**common, primary_pattern_id=command.primary_id)
        case Close():
            if not command.is_discharged or pattern.episode_id not in {None, command.episode_id}:
                raise r.EpisodeGoesOn
            return p.PatternClosedUnverified(**common, episode_id=command.episode_id)
        case EnterInError():
            return p.PatternEnteredInError(**common, reason=command.reason)
        case _:
            assert_never(command)


def resolving(command: Resolve, pattern: Pattern) -> dict[str, Any]:
    """Often enough, over long enough, with little pain left. Raises NotResolved with what was found."""
    asked, found = command.thresholds, len(pattern.holds)
    days = days_between(pattern.holds[0].happened_at, pattern.holds[-1].happened_at) if found else 0
    if command.nrs_now is None or not (
        found >= asked.holds and days >= asked.span_days and is_better(command.nrs_before, command.nrs_now, asked)
    ):
        raise r.NotResolved(holds=found, days=days, nrs_before=command.nrs_before, nrs_now=command.nrs_now)
    scores = {"nrs_before": command.nrs_before, "nrs_now": command.nrs_now}
    return scores | {"hold_count": found, "span_days": days}


def is_better(before: int | None, now: int, asked: p.Thresholds) -> bool:
    """Whether little pain is left, or the client has responded; nobody responds without a baseline, or from 0 or 1."""
    if now <= asked.little_pain:
        return True
    if before is None or before <= 1:
        return False
    return before - now >= asked.points and 100 * (before - now) >= asked.percent * before


def must_hang_loose(command: Subordinate, pattern: Pattern) -> None:
    """Raise PatternState for what hangs under a primary that still stands."""
    if pattern.state == "secondary" and stands(command.primary):
        raise r.PatternState(state=pattern.state)


def must_hang_under(command: Subordinate, pattern_id: UUID) -> None:
    if command.primary_id not in command.own:
        raise r.NoSuchPrimary
    above: UUID | None = command.primary_id
    while above is not None:
        if above == pattern_id:
            raise r.CircularPatterns
        above = command.above.get(above)


def must_come_after_correction(test: Test, primary: Pattern) -> datetime:
    """When the primary was corrected, or first held with its own; raises PrimaryNotCorrected."""
    moment = primary.corrected or (primary.holds[0] if primary.holds else None)
    if primary.state not in AT_LEAST_CORRECTED or moment is None or not moment_of(test).is_after(moment):
        raise r.PrimaryNotCorrected
    return moment.happened_at


def cold_test(command: Hold | Relapse | Promote | Clear, pattern: Pattern, response: Response) -> Test:
    """The test that is named, if it is a cold one that went like this, and not from before the last change.

    The cold tests of one session have no order: one may fail before another that has held.
    """
    test = command.session.test(command.test_id)
    if test is None or place_of(test) not in pattern.inhibited:
        raise r.NoSuchTest
    if test.response != response:
        raise r.AnotherResponse(response=test.response)
    if not is_cold(command.session, test):
        raise r.NotCold
    is_of_last_hold = pattern.state == "holding" and pattern.holds[-1].session_id == test.session_id
    if not is_of_last_hold:
        must_not_precede(test, pattern)
    return test


def test_of(session: Session, test_id: UUID, pattern: Pattern) -> Test:
    """Raises NoSuchTest, and EvidenceTooEarly."""
    test = session.test(test_id)
    if test is None or place_of(test) not in pattern.inhibited:
        raise r.NoSuchTest
    must_not_precede(test, pattern)
    return test


def must_not_precede(test: Test, pattern: Pattern) -> None:
    if is_too_early(test, pattern):
        raise r.EvidenceTooEarly


def is_too_early(test: Test, pattern: Pattern) -> bool:
    """Whether it came before the last change; what was only supposed may be shown by what was seen earlier."""
    if pattern.state == "hypothesised" or pattern.changed is None:
        return False
    return pattern.changed.is_after(moment_of(test))


def days_since_correction(test: Test, pattern: Pattern) -> int | None:
    return None if pattern.corrected is None else days_between(pattern.corrected.happened_at, test.happened_at)


def at(test: Test, pattern: Pattern) -> dict[str, Any]:
    """Where and when a test was; guessed times do not put it before what it follows in its session."""
    before = pattern.changed.happened_at if pattern.changed else test.happened_at
    return {
        "session_id": test.session_id,
        "sequence": test.sequence,
        "happened_at": max(test.happened_at, before),
    }


def by(test: Test, pattern: Pattern) -> dict[str, Any]:
    return at(test, pattern) | {"test_id": test.test_id}


PATTERN: Decider[Pattern, PatternCommand] = Decider(Pattern(), decide, evolve)
