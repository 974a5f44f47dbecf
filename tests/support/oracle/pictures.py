"""The series of one report, each as docs/reports.md words it: plain tuples, in the order of the document."""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.catalogue.targets import CATALOGUE
from shared.events import treatment_patterns as p, treatment_sessions as t
from tests.support.oracle.arithmetic import curve
from tests.support.oracle.minutes import day_at
from tests.support.oracle.outcomes import Outcome
from tests.support.oracle.patterns import FAILED, PASSED
from tests.support.oracle.reckoning import Reckoning
from tests.support.oracle.story import Episode
from tests.support.oracle.visits import of_visit


class Corrected(NamedTuple):
    """A correction whose session stands, with the cold retests after it and before the pattern's next correction."""

    step: Any
    retests: list[Any]

    @property
    def lost_at(self) -> datetime | None:
        return next((each.happened_at for each in self.retests if isinstance(each, FAILED)), None)

    @property
    def held_until(self) -> datetime | None:
        passed = [each.happened_at for each in self.retests if isinstance(each, PASSED)]
        return max(passed, default=None)


def pictures(said: Reckoning) -> dict[str, list[Any]]:
    return {
        "trajectories": trajectories(said) if said.kind == "therapist" else [],
        "dumbbells": dumbbells(said) if said.kind == "therapist" else [],
        "responders": points(said, "responders_of_started"),
        "hold": points(said, "hold_rate"),
        "holding": holding(said),
        "utilisation": utilisation(said),
        "complaints": complaints(said),
        "treated": treated(said),
        "overdue": [(on, episode_id, person) for on, episode_id, person in said.overdue()],
    }


def trajectories(said: Reckoning) -> list[Any]:
    open_ = []
    for episode in said.episodes():
        ended = episode.discharged_at(said.shown_at)
        if ended is None or said.as_shown(ended):
            open_.append(said.outcome(episode))
    open_.sort(key=by_opening)
    return [(key, *trajectory(said, each)) for key, each in enumerate(open_, 1)]


def by_opening(outcome: Outcome) -> tuple[datetime, UUID]:
    return outcome.episode.opened.happened_at, outcome.episode.id


def trajectory(said: Reckoning, outcome: Outcome) -> tuple[Any, ...]:
    episode: Episode = outcome.episode
    zone = ZoneInfo(said.zone)
    first_day = (outcome.baseline_at or episode.opened.happened_at).astimezone(zone).date()

    def day(at: datetime) -> int:
        return (at.astimezone(zone).date() - first_day).days

    start = [(0, outcome.baseline, "baseline")] if outcome.baseline is not None else []
    own = [each for each in corrected(said) if said.story.sessions[each.step.session_id].episode_id == episode.id]
    return (
        outcome.baseline,
        [*start, *((day(at), score, source) for at, score, source in outcome.scores)],
        sorted(day(each.step.happened_at) for each in own),
        sorted(day(each.lost_at) for each in own if each.lost_at),
        sorted(day(each.started.started_at) for each in said.sessions_of(episode)),
    )


def corrected(said: Reckoning) -> list[Corrected]:
    """Of all therapists."""
    return said.story.kept(("corrected", said.shown_at), lambda: all_corrected(said))


def all_corrected(said: Reckoning) -> list[Corrected]:
    found = []
    for steps in said.patterns():
        for number, step in enumerate(steps):
            if isinstance(step, p.PatternCorrectedInSession) and said.stands(step):
                after = steps[number + 1 :]
                again = next((n for n, x in enumerate(after) if isinstance(x, type(step))), len(after))
                found.append(Corrected(step, [x for x in after[:again] if isinstance(x, PASSED + FAILED)]))
    return found


def dumbbells(said: Reckoning) -> list[Any]:
    done = sorted((each for each in said.outcomes() if each.is_complete), key=by_opening)
    return [(key, each.baseline, each.latest) for key, each in enumerate(done, 1)]


def points(said: Reckoning, code: str) -> list[tuple[int, int, bool]]:
    """Of each therapist, or each clinic, that has any."""
    if said.kind == "chain":
        return []
    story = said.story
    leads = [each.led_by(said.shown_at) for each in story.episodes.values()]
    held = [(each.started.therapist_id, each.started.clinic_id) for each in story.sessions.values()]
    everybody = sorted({pair[0 if said.kind == "therapist" else 1] for pair in (*leads, *held)})
    found = []
    for id_ in everybody:
        k, n = rate(said.of(said.kind, id_), code)
        if n:
            found.append((n, k, id_ == said.id))
    return sorted(found)


def rate(said: Reckoning, code: str) -> tuple[int, int]:
    """How many of how many."""

    def count() -> tuple[int, int]:
        number = said.hold_rate() if code == "hold_rate" else said.responders(lambda each: each.can_respond)
        return int(number.numerator or 0), int(number.denominator or 0)

    return said.story.kept(("rate", code, said.kind, said.id, said.begin, said.shown_at), count)


def holding(said: Reckoning) -> list[tuple[float, ...]]:
    """Day, share, its interval, and how many were still watched; from day 0 to where the watching was over."""
    followed: list[tuple[float, bool]] = []
    for each in corrected(said):
        if not said.seen_here(each.step) or each.step.happened_at < said.year:
            continue
        end = each.lost_at or each.held_until
        if end is not None:
            followed.append(((end - each.step.happened_at).days, each.lost_at is not None))
    steps = [(0.0, 1.0, 1.0, 1.0), *curve(followed)]
    last = max((time for time, _ in followed), default=0)
    if last > steps[-1][0]:
        steps.append((last, *steps[-1][1:]))
    watched = [sum(time >= at for time, _ in followed) for at, *_ in steps]
    return [(*step, n) for step, n in zip(steps, watched, strict=True)]


def utilisation(said: Reckoning) -> list[tuple[date, float, float]]:
    attended: defaultdict[date, float] = defaultdict(float)
    for visit in said.attended():
        attended[day_at(said.story, visit.clinic_id, visit.starts_at)] += of_visit(visit)[0]
    rostered, blocked, leave = said.minutes()
    available: Counter[date] = Counter()
    for whose, n in rostered.items():
        if said.mine(*whose[:2]):
            available[whose[2]] += n - blocked[whose] - leave[whose]
    return [(on, attended.get(on, 0), available[on]) for on in sorted(attended.keys() | available.keys())]


def complaints(said: Reckoning) -> list[tuple[str, str, int]]:
    found: Counter[tuple[str, str]] = Counter()
    for session in said.sessions():
        if said.as_shown(session.started.started_at):
            found.update((each["region"], each["side"]) for each in session.of_kind(t.BodyChartMarked))
    for check_in, _ in said.asked():
        if check_in.said:
            found.update(place_of(each) for each in check_in.said.places)
    return [(*place, n) for place, n in sorted(found.items())]


def place_of(named: str) -> tuple[str, str]:
    for side in ("left", "right"):
        if named.endswith(f"-{side}"):
            return named.removesuffix(f"-{side}"), side
    return named, "midline"


def treated(said: Reckoning) -> list[tuple[str, str, int]]:
    found: Counter[tuple[str, str]] = Counter()
    for session in said.sessions():
        if said.as_shown(session.started.started_at):
            for each in session.of_kind(t.ReleaseApplied):
                found.update((region, each["side"]) for region in CATALOGUE.targets[each["target"]].chart_regions)
    return [(*place, n) for place, n in sorted(found.items())]
