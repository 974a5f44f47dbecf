"""What seldom happens in care, spread over an invented year: so seldom that only a whole chain has all of it.

It has draws of its own, so the rest of the year is the same without it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from demo.year.asking import BY, DAY, HOUR
from demo.year.telling import Teller, Told
from shared.events import (
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_patterns as p,
    treatment_sessions as t,
)

ELSEWHERE = "hip_joint"
COMPLAINTS = ("sacroiliac_joint", "glenohumeral_joint", "breathing_in")
"""Where it hurts instead of the knee; the last is no place of the body chart."""


@dataclass(frozen=True)
class Rare:
    """Adds to what was told, and puts in other words what was; `at` are the places of events in it."""

    teller: Teller
    draw: Random

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def new_id(self) -> UUID:
        return UUID(int=self.draw.getrandbits(128), version=4)

    def add(self, at: datetime, stream: str, *events: Any) -> None:
        self.teller.tell(at, stream, *events, **BY)

    def instead(self, at: int, **changes: Any) -> None:
        """An event that was told, with other values."""
        told = self.teller.told[at]
        self.teller.told[at] = replace(told, event=replace(told.event, **changes))


Stream = Sequence[tuple[int, Told]]
"""What was told of one thing, in the order in which it was recorded, with its places."""


def rare_care(teller: Teller, draw: Random) -> None:
    """Holds, reopenings, addenda, entries in error, overrides, opt-outs, patterns that were none, and the like."""
    rare = Rare(teller, draw)
    for stream, told in streams(teller).items():
        for beginning, tell in BY_STREAM.items():
            if stream.startswith(beginning):
                tell(rare, stream, told)


def streams(teller: Teller) -> Mapping[str, Stream]:
    found: dict[str, list[tuple[int, Told]]] = defaultdict(list)
    for at, told in sorted(enumerate(teller.told), key=lambda each: each[1].at):
        found[told.stream].append((at, told))
    return found


def of(told: Stream, *kinds: type) -> list[Any]:
    return [each.event for _, each in told if isinstance(each.event, kinds)]


def episode(rare: Rare, stream: str, told: Stream) -> None:
    """Of another place; put on hold for a while; reopened after its end; or a second baseline, too late to count."""
    opened = told[0][1].event
    ids = {"episode_id": opened.episode_id, "client_id": opened.client_id}
    ends = of(told, e.EpisodeDischarged)
    held_at = opened.happened_at + rare.draw.randint(5, 30) * DAY
    if rare.chance(0.3) and not ends:
        rare.add(held_at + HOUR, stream, e.EpisodeHeld(**ids, until=None, reason=None, happened_at=held_at))
        if rare.chance(0.5):
            resumed_at = held_at + rare.draw.randint(10, 60) * DAY
            rare.add(resumed_at, stream, e.EpisodeResumed(**ids, happened_at=resumed_at))
    if ends and rare.chance(0.08):
        again_at = told[-1][1].at + rare.draw.randint(3, 40) * DAY
        rare.add(again_at, stream, e.EpisodeReopened(**ids, reason=None, happened_at=again_at))
        if rare.chance(0.5):
            end_at = again_at + rare.draw.randint(5, 30) * DAY
            end = e.EpisodeDischarged(**ids, outcome="goal_met", planned=True, happened_at=end_at)
            rare.add(end_at + 2 * DAY, stream, end)
    if rare.chance(0.4):
        rare.instead(told[0][0], target=rare.draw.choice(COMPLAINTS))
    if rare.chance(0.03):
        at = opened.happened_at + 20 * DAY
        rare.add(at, stream, e.BaselineSet(**ids, nrs_now=5, nrs_worst=6, nrs_average=5, happened_at=at))


def session(rare: Rare, stream: str, told: Stream) -> None:
    begun = told[0][1]
    ids: dict[str, Any] = {"session_id": begun.event.session_id, "client_id": begun.event.client_id}
    alone = rare.chance(0.2)
    for at, each in told:
        if alone and isinstance(each.event, t.MuscleTested | t.MuscleRetested) and each.event.blinded:
            rare.instead(at, rater=begun.event.therapist_id)
        reworded(rare, at, each.event)
    signed = next((each for _, each in told if isinstance(each.event, t.SessionSigned)), None)
    if signed is not None and entries(told):
        after_signing(rare, stream, told, ids, signed)
        revised_before(rare, stream, told, ids, signed)
    if rare.chance(0.02):
        linked(rare, stream, begun)
    if rare.chance(0.04):
        second = replace(begun.event, session_id=rare.new_id(), started_at=begun.event.started_at + HOUR / 2)
        rare.add(begun.at, f"session-{second.session_id}", second)
    if rare.chance(0.02):
        own: dict[str, Any] = {
            "region": "knee",
            "side": "right",
            "technique": None,
            "minutes": 5,
            "note": None,
            "approximate": False,
        }
        place: dict[str, Any] = {"bodywork_id": rare.new_id(), "sequence": 99, "happened_at": begun.event.started_at}
        rare.add(begun.at, stream, t.BodyworkGiven(**ids, **place, **own))


def reworded(rare: Rare, at: int, event: Any) -> None:
    """Entries as they seldom are: a test under provocation, pain of another place, a guard that was overridden."""
    match event:
        case t.MuscleTested(blinded=True) if rare.chance(0.15):
            rare.instead(at, provocation=t.Provocation(type="load"))
        case t.MuscleRetested(cold=False) if rare.chance(0.05):
            rare.instead(at, response="not_tested")
        case t.PainScored(when="before" | "after") if rare.chance(0.06):
            rare.instead(at, when="now")
        case t.PainScored() if rare.chance(0.04):
            rare.instead(at, target=rare.draw.choice((ELSEWHERE, "knee_joint")), side="right")
        case t.ReleaseApplied() if rare.chance(0.06):
            rare.instead(at, overridden=(t.Guarded(kind="endangerment", code="demo"),), override="")
        case _:
            pass


def after_signing(rare: Rare, stream: str, told: Stream, ids: dict[str, Any], signed: Told) -> None:
    later = signed.at + rare.draw.randint(1, 9) * DAY
    by = signed.event.signer
    if rare.chance(0.04):
        own: dict[str, Any] = {"addendum_id": rare.new_id(), "body": "", "restricted": False, "signed_by": by}
        rare.add(later + DAY, stream, t.AddendumAppended(**ids, **own, happened_at=later))
    if rare.chance(0.08) and not of(told, t.AmendmentMade):
        entry_id = entry_of(rare.draw.choice(entries(told))) if rare.chance(0.7) else None
        error = t.EnteredInError(**ids, entry_id=entry_id, reason="", signed_by=by, signed_at=later)
        rare.add(later, stream, error)


def revised_before(rare: Rare, stream: str, told: Stream, ids: dict[str, Any], signed: Told) -> None:
    """Between writing and signing an entry is put right."""
    written_at = told[0][1].at
    if signed.at <= written_at or not rare.chance(0.1):
        return
    event = rare.draw.choice(entries(told))
    match event:
        case t.PainScored():
            changes: dict[str, t.Value] = {"value": rare.draw.randint(0, 10), "when": "before"}
        case t.MuscleTested() | t.MuscleRetested():
            changes = {"response": "delayed", "provocation": None}
        case _:
            changes = {"side": "left"}
    own: dict[str, Any] = {"revision_id": rare.new_id(), "rewritten": False, "words": None}
    rare.add(written_at, stream, t.EntryRevised(**ids, entry_id=entry_of(event), changes=changes, **own))


def entries(told: Stream) -> list[Any]:
    kinds = t.MuscleTested | t.MuscleRetested | t.ReleaseApplied | t.PainScored | t.BodyChartMarked
    return [each.event for _, each in told if isinstance(each.event, kinds)]


def entry_of(event: Any) -> UUID:
    names = ("test_id", "release_id", "score_id", "mark_id")
    found: UUID = next(getattr(event, name) for name in names if hasattr(event, name))
    return found


def linked(rare: Rare, stream: str, begun: Told) -> None:
    """It was of no episode after all."""
    event = begun.event
    names = ("session_id", "client_id", "appointment_id", "therapist_id", "started_at")
    same = {name: getattr(event, name) for name in names}
    rare.add(begun.at + 3 * DAY, stream, t.SessionLinked(**same, episode_id=None))


def check_ins(rare: Rare, stream: str, told: Stream) -> None:
    """Clients who want no more of it, mail that bounces hours later, a second channel, a second answer."""
    for at, each in told:
        match each.event:
            case c.CheckInCancelled() if rare.chance(0.25):
                rare.instead(at, cause="opted_out")
            case c.CheckInSent(ordinal=0) if rare.chance(0.03):
                ids = {"check_in_id": each.event.check_in_id, "client_id": each.event.client_id}
                back = c.CheckInUndeliverable(**ids, ordinal=0, cause="bounced", noticed_at=each.at + HOUR)
                rare.add(each.at + HOUR, stream, back)
            case c.CheckInUndeliverable() if rare.chance(0.3):
                ids = {"check_in_id": each.event.check_in_id, "client_id": each.event.client_id}
                again = c.CheckInSent(**ids, ordinal=1, channel="sms", sent_at=each.at + HOUR)
                rare.add(each.at + HOUR, stream, again)
            case c.CheckInAnswered() if rare.chance(0.02):
                later = each.at + 2 * DAY
                answer = replace(each.event, score=rare.draw.randint(0, 10), source="therapist", answered_at=later)
                rare.add(later, stream, answer)
            case _:
                pass


def alert(rare: Rare, stream: str, told: Stream) -> None:
    """Escalated when nobody has seen it for half an hour; overridden, and now and then that is taken back."""
    raised = told[0][1].event
    ids = {"alert_id": raised.alert_id, "client_id": raised.client_id}
    seen_at = next((each.at for _, each in told if isinstance(each.event, a.AlertAcknowledged)), None)
    if seen_at is None or seen_at > raised.escalate_at:
        at = raised.escalate_at
        own: dict[str, Any] = {"level": raised.level, "clinic_id": raised.clinic_id, "step": 1, "to": "managers"}
        rare.add(at, stream, a.AlertEscalated(**ids, **own, happened_at=at))
    for at_, each in told:
        if isinstance(each.event, a.AlertClosed) and rare.chance(0.15):
            rare.instead(at_, outcome="overridden", reason="")
            if rare.chance(0.3):
                at = each.at + DAY
                rare.add(at, stream, a.AlertClosed(**ids, outcome="referred", reason=None, happened_at=at))


def pattern(rare: Rare, stream: str, told: Stream) -> None:
    """One in thirty never was; from its last day on it is nobody's."""
    found, last = told[0][1].event, told[-1][1]
    if rare.chance(0.03):
        at = last.at + 5 * DAY
        ids = {"pattern_id": found.pattern_id, "client_id": found.client_id}
        rare.add(at, stream, p.PatternEnteredInError(**ids, reason="", happened_at=at))


Tell = Callable[[Rare, str, Stream], None]
BY_STREAM: Mapping[str, Tell] = {
    "episode-": episode,
    "session-": session,
    "check_ins-": check_ins,
    "alert-": alert,
    "pattern-": pattern,
}


def second_patterns(teller: Teller, draw: Random) -> None:
    """Beside the one pattern of an episode: one that is refuted, or goes with the first, or stands for itself."""
    rare = Rare(teller, draw)
    held: dict[UUID, list[Stream]] = defaultdict(list)
    for stream, told in streams(teller).items():
        if stream.startswith("session-"):
            held[told[0][1].event.client_id].append(told)
    for of_client in held.values():
        begun = sorted(of_client, key=lambda told: told[0][1].event.started_at)
        if len(begun) > 1 and rare.chance(0.15):
            at = draw.randrange(len(begun) - 1)
            second_pattern(rare, begun[at], begun[at + 1])


def second_pattern(rare: Rare, first: Stream, later: Stream) -> None:
    began, went_on = first[0][1], later[0][1]
    pattern_id, client_id = rare.new_id(), began.event.client_id
    ids = {"pattern_id": pattern_id, "client_id": client_id}
    stream = f"pattern-{pattern_id}"

    def at(told: Told, minutes: int) -> dict[str, Any]:
        happened_at = told.event.started_at + timedelta(minutes=minutes)
        return ids | {"session_id": told.event.session_id, "sequence": 1, "happened_at": happened_at}

    test_id, primary_id = rare.new_id(), rare.new_id()
    member = p.Member(target=ELSEWHERE, side="right", role="inhibited")
    own: dict[str, Any] = {"origin_injury_id": None, "members": (member,), "catalogue": 1}
    told: list[Any] = [
        p.PatternHypothesised(
            **ids,
            **own,
            episode_id=began.event.episode_id,
            session_id=began.event.session_id,
            happened_at=at(began, 20)["happened_at"],
        ),
        p.PatternConfirmed(**at(began, 21), by_tests=(test_id,)),
    ]
    fate = rare.draw.random()
    if fate > 0.3:
        told.append(p.PatternCorrectedInSession(**at(began, 30), loop_id=rare.new_id(), test_id=test_id))
        goes = p.PatternSubordinated(**ids, primary_pattern_id=primary_id, happened_at=at(began, 31)["happened_at"])
        told.append(goes)
    rare.add(began.at, stream, *told)
    seen: dict[str, Any] = at(went_on, 10)
    if fate <= 0.3:
        end: Any = p.PatternRefuted(**seen, by_tests=(test_id,), because="inhibited_holds_cold")
    elif fate < 0.7:
        days = (went_on.event.started_at - began.event.started_at).days
        own = {"primary_pattern_id": primary_id, "test_id": test_id, "days_since_correction": days}
        end = p.PatternClearedWithPrimary(**seen, **own)
    else:
        end = p.PatternPromoted(**seen, primary_pattern_id=primary_id, test_id=test_id)
    rare.add(max(began.at, went_on.at), stream, end)
