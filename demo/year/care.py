"""What is charted of an invented client: sessions with loops, and the one pattern that is followed through them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid5

from demo.year.asking import BY, DAY, HOUR, MINUTE, Asking
from demo.year.telling import Teller
from shared.events import treatment_patterns as p, treatment_sessions as t

if TYPE_CHECKING:
    from demo.year.client import Visit

INHIBITED, OVERACTIVE = "gluteus_maximus", "soleus"
ENTRY: dict[str, Any] = {"catalogue": 1, "note": None, "approximate": False}
TEST: dict[str, Any] = ENTRY | {"grade": None, "provocation": None, "position": None, "quality": None}


@dataclass
class Care:
    """An episode as it goes on: the pain now, the one pattern that is followed, what is asked."""

    episode_id: UUID
    pain: int
    asking: Asking
    written_at: datetime
    complaint: str = "knee_joint"
    side: t.Side = "right"
    state: Literal["none", "corrected", "holding", "resolved", "relapsed"] = "none"
    pattern_id: UUID | None = None
    test_id: UUID | None = None
    corrected_at: datetime | None = None
    holds: list[datetime] = field(default_factory=list)

    def discharged(self, teller: Teller, client_id: UUID, at: datetime) -> None:
        """Nothing more is asked but a month after; a pattern that nobody has seen hold stays unverified."""
        self.asking.cancel(at, "discharged")
        if self.pattern_id and self.state in {"corrected", "holding", "relapsed"}:
            event = p.PatternClosedUnverified(
                pattern_id=self.pattern_id, client_id=client_id, episode_id=self.episode_id, happened_at=at
            )
            teller.tell(at, f"pattern-{self.pattern_id}", event, **BY)
            self.state = "none"
        self.asking.seen_until = None
        self.asking.plan(None, at, at, {"after_30": 30})
        self.asking.ask(at)


@dataclass
class Chart:
    """The stream of one session while it is written, some time after each thing happened."""

    teller: Teller
    session_id: UUID
    client_id: UUID
    begun_at: datetime
    entries: list[Any] = field(default_factory=list)

    def add(self, kind: type[Any], id_field: str, **fields: Any) -> UUID:
        entry_id, sequence = self.teller.new_id(), len(self.entries) + 1
        ids = {"session_id": self.session_id, "client_id": self.client_id, id_field: entry_id, "sequence": sequence}
        happened_at = self.begun_at + (3 + 4 * sequence) * MINUTE
        self.entries.append(kind(**ids | fields | {"happened_at": happened_at}))
        return entry_id

    def score(self, value: int, when: t.When) -> None:
        own: dict[str, Any] = {"scale": "nrs", "source": "therapist", "target": None, "side": None}
        self.add(t.PainScored, "score_id", value=value, when=when, **own, **ENTRY)

    def mark(self, region: str, side: t.Side) -> None:
        own: dict[str, Any] = {"view": "anterior", "point": None, "quality": None, "intensity": None, "note": None}
        self.add(t.BodyChartMarked, "mark_id", region=region, side=side, approximate=False, **own)

    def test(
        self,
        rater: UUID,
        response: t.Response,
        *,
        cold: bool,
        of: UUID | None,
        loop: UUID | None,
        blinded: bool = False,
    ) -> UUID:
        about: dict[str, Any] = {
            "target": INHIBITED,
            "side": "right",
            "response": response,
            "cold": cold,
            "rater": rater,
        }
        own = about | {"blinded": blinded, "loop_id": loop}
        if of is None:
            return self.add(t.MuscleTested, "test_id", **(TEST | own))
        return self.add(t.MuscleRetested, "test_id", of_test_id=of, **(TEST | own))


def charted(teller: Teller, care: Care, visit: "Visit", client_id: UUID) -> datetime:
    """One session of a visit, written mostly the same day, with what follows from it; gives when it was written."""
    draw = teller.random
    chart = Chart(teller, teller.new_id(), client_id, visit.starts_at)
    stream, rater = f"session-{chart.session_id}", visit.by.id
    began = t.SessionStarted(
        session_id=chart.session_id,
        client_id=client_id,
        episode_id=care.episode_id,
        appointment_id=visit.id,
        clinic_id=visit.clinic.id,
        therapist_id=rater,
        room_id=None,
        started_at=visit.starts_at,
        approximate=False,
        time_zone=visit.clinic.zone,
        catalogue=1,
    )
    written_at = visit.ends_at + draw.choice((0, 0, 0, 1, 4, 30, 100)) * HOUR
    care.written_at = max(care.written_at, written_at)
    told = list(worked(care, chart, rater))
    teller.tell(written_at, stream, began, *chart.entries, **BY)
    for event in told:
        teller.tell(written_at, f"pattern-{event.pattern_id}", event, **BY)
    if draw.random() < 0.96:
        signed(teller, chart, stream, rater, written_at + draw.choice((0, 1, 3, 50)) * HOUR)
        asking = care.asking
        asking.cancel(written_at, "replaced")
        asking.seen_until, asking.lead, asking.clinic = visit.ends_at, rater, visit.clinic.id
        asking.scores = asking.scores or [care.pain]
        asking.plan(chart.session_id, visit.ends_at, written_at, {"day_1": 1, "day_3": 3, "day_7": 7})
        asking.ask(written_at)
    return written_at


def worked(care: Care, chart: Chart, rater: UUID) -> Iterator[Any]:
    """The entries of a session: pain, a cold retest of what was corrected, loops, pain; gives the pattern's events."""
    draw = chart.teller.random
    if draw.random() < 0.9:
        chart.score(care.pain, "before")
    if draw.random() < 0.4:
        chart.mark(draw.choice(("knee", "hip")), care.side)
    if care.corrected_at and care.state in {"corrected", "holding", "resolved"} and draw.random() < 0.85:
        yield from retested_cold(care, chart, rater, care.corrected_at)
    if care.state in {"none", "relapsed"} or draw.random() < 0.5:
        for _ in range(draw.choice((1, 1, 2))):
            yield from looped(care, chart, rater)
    care.pain = max(0, min(10, care.pain + draw.choice((-2, -2, -1, -1, 0, 0, 1))))
    if draw.random() < 0.8:
        chart.score(care.pain, "after")


def retested_cold(care: Care, chart: Chart, rater: UUID, corrected_at: datetime) -> Iterator[Any]:
    holds = chart.teller.random.random() < 0.75
    test_id = chart.test(rater, "holds" if holds else "fails", cold=True, of=care.test_id, loop=None)
    seen = chart.entries[-1]
    common: dict[str, Any] = {
        "pattern_id": care.pattern_id,
        "client_id": chart.client_id,
        "episode_id": care.episode_id,
        "session_id": chart.session_id,
        "sequence": seen.sequence,
        "test_id": test_id,
        "days_since_correction": (seen.happened_at - corrected_at).days,
        "happened_at": seen.happened_at,
    }
    if not holds:
        care.state, care.holds = "relapsed", []
        yield p.PatternRelapsed(**common, trigger=None)
        return
    if care.state == "resolved":
        return
    care.state = "holding"
    care.holds.append(seen.happened_at)
    yield p.PatternHeld(**common, hold_count=len(care.holds), thresholds=p.Thresholds())
    span = (care.holds[-1] - care.holds[0]).days
    if len(care.holds) >= 2 and span >= 28 and care.pain <= 1:
        care.state = "resolved"
        yield p.PatternResolved(
            pattern_id=common["pattern_id"],
            client_id=chart.client_id,
            hold_count=len(care.holds),
            span_days=span,
            nrs_before=None,
            nrs_now=care.pain,
            thresholds=p.Thresholds(),
            happened_at=seen.happened_at,
        )


def looped(care: Care, chart: Chart, rater: UUID) -> Iterator[Any]:
    """Test, release, activation, retest; now and then one is left out, or a colleague tests as well, unseen."""
    draw, loop = chart.teller.random, chart.teller.new_id()
    cold = not any(isinstance(each, t.ReleaseApplied | t.ActivationPerformed) for each in chart.entries)
    is_blind = draw.random() < 0.1
    test_id = chart.test(rater, "fails", cold=cold, of=None, loop=loop, blinded=is_blind)
    if is_blind:
        response: t.Response = "fails" if draw.random() < 0.8 else "holds"
        colleague = uuid5(rater, "colleague")
        chart.test(colleague, response, cold=False, of=test_id, loop=loop, blinded=True)
    place: dict[str, Any] = {"side": "right", "loop_id": loop}
    own: dict[str, Any] = {"technique": "sustained-pressure", "seconds": 60, "overridden": (), "override": None}
    chart.add(t.ReleaseApplied, "release_id", target=OVERACTIVE, **place, **own, **ENTRY)
    if draw.random() < 0.95:
        own = {"exercise": "bridge", "reps": 8, "seconds": None}
        chart.add(t.ActivationPerformed, "activation_id", target=INHIBITED, **place, **own, **ENTRY)
    if draw.random() < 0.88:
        holds = draw.random() < 0.85
        again = chart.test(rater, "holds" if holds else "fails", cold=False, of=test_id, loop=loop)
        if holds and care.state in {"none", "relapsed"}:
            yield from corrected(care, chart, loop, test_id, again)


def corrected(care: Care, chart: Chart, loop: UUID, first: UUID, again: UUID) -> Iterator[Any]:
    """The pattern is found, confirmed and corrected at once, or corrected anew."""
    seen = chart.entries[-1]
    place: dict[str, Any] = {"session_id": chart.session_id, "sequence": seen.sequence, "happened_at": seen.happened_at}
    is_new = care.state == "none"
    if is_new:
        care.pattern_id = chart.teller.new_id()
    ids: dict[str, Any] = {"pattern_id": care.pattern_id, "client_id": chart.client_id}
    if is_new:
        members = (
            p.Member(target=OVERACTIVE, side="right", role="overactive"),
            p.Member(target=INHIBITED, side="right", role="inhibited"),
        )
        yield p.PatternHypothesised(
            **ids,
            episode_id=care.episode_id,
            session_id=chart.session_id,
            origin_injury_id=None,
            members=members,
            catalogue=1,
            happened_at=seen.happened_at,
        )
        yield p.PatternConfirmed(**ids, **place, by_tests=(first, again))
    yield p.PatternCorrectedInSession(**ids, **place, loop_id=loop, test_id=again)
    care.state, care.corrected_at, care.test_id, care.holds = "corrected", seen.happened_at, first, []


def signed(teller: Teller, chart: Chart, stream: str, by: UUID, at: datetime) -> None:
    """Signed and locked; one in fifty is amended days later, one in two hundred never was."""
    ids: dict[str, Any] = {"session_id": chart.session_id, "client_id": chart.client_id}
    covers = 1 + len(chart.entries)
    content: dict[str, Any] = {"content_hash": "0" * 64}
    sign = t.SessionSigned(**ids, signer=by, role="therapist", covers=covers, **content, leaves=(), signed_at=at)
    lock = t.SessionLocked(**ids, locked_by=by, **content, locked_at=at)
    teller.tell(at, stream, sign, lock, **BY)
    fate, later = teller.random.random(), at + 6 * DAY
    retests = [each for each in chart.entries if isinstance(each, t.MuscleRetested) and not each.cold]
    if fate < 0.02 and retests:
        amendment = t.AmendmentMade(
            **ids,
            amendment_id=teller.new_id(),
            entry_id=retests[-1].test_id,
            changes={"response": "delayed"},
            rewritten=False,
            words=None,
            reason="",
            signed_by=by,
            signed_at=later,
        )
        teller.tell(later, stream, amendment, **BY)
    elif fate > 0.995:
        error = t.EnteredInError(**ids, entry_id=None, reason="", signed_by=by, signed_at=later)
        teller.tell(later, stream, error, **BY)
