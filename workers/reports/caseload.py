"""A caseload report: the same numbers for a therapist, a clinic or a chain, whoever makes it and however often."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain as joined
from uuid import UUID

from shared.reports.document import Metric, Overdue, Report, Scope, Series, finished
from workers.reports.knowledge import Knowledge
from workers.reports.known.sessions import Session
from workers.reports.metrics import care, follow_up, outcomes, patterns, process, utilisation, visits
from workers.reports.series import complaints, dumbbells, funnel, trajectories, treated
from workers.reports.uncollected import uncollected

DEFINITIONS = 1
"""The version of docs/reports.md that these numbers are computed by; another text is another version."""


def caseload_report(known: Knowledge, scope: Scope) -> Report:
    """Finished; reading the same as of the same positions gives the same bytes."""
    return finished(unfinished(known, scope))


def kept_reports(known: Knowledge, scopes: Iterable[Scope]) -> list[Report]:
    """Finished, in this order, and as they are kept: none names a client, for whom to call is asked of today."""
    with uncollected():
        return [finished(nobody_named(unfinished(known, scope))) for scope in scopes]


def nobody_named(report: Report) -> Report:
    return replace(report, series=replace(report.series, overdue=()))


def unfinished(known: Knowledge, scope: Scope) -> Report:
    late = overdue(known, scope)
    return Report(
        definitions=DEFINITIONS,
        chain_id=known.window.chain_id,
        scope=scope,
        period=known.window.period,
        as_of=known.window.as_of,
        metrics=metrics(known, scope, late),
        series=series(known, scope, late),
    )


def metrics(known: Knowledge, scope: Scope, late: Sequence[Overdue]) -> tuple[Metric, ...]:
    """All numbers of the scope; `late` are its overdue clients."""
    return tuple(joined(of_visits(known, scope), of_care(known, scope, late), of_outcomes(known, scope)))


def scopes(known: Knowledge) -> list[Scope]:
    """The chain, its clinics, and every therapist who has a rota or anything counted, each in the order of the ids."""
    sources = (known.visits, known.capacity, known.sessions, known.episodes)
    therapists: set[UUID] = set(known.calendar.leaves_on).union(*(each.by_therapist for each in sources))
    clinics: set[UUID] = set(known.calendar.clinics).union(*(each.by_clinic for each in sources))
    return [
        Scope(kind="chain", id=known.window.chain_id),
        *(Scope(kind="clinic", id=id_) for id_ in sorted(clinics)),
        *(Scope(kind="therapist", id=id_) for id_ in sorted(therapists)),
    ]


def of_visits(known: Knowledge, scope: Scope) -> list[Metric]:
    found = known.visits.of(scope)
    return [
        visits.attended(found),
        *visits.new_and_returning(found),
        utilisation.utilisation(found, known.capacity.of(scope)),
        visits.cancellation_rate(found),
        visits.no_show_rate(found),
        visits.rebooking_rate(found, known.agreed_ends, known.window.as_of.at),
    ]


def of_care(known: Knowledge, scope: Scope, late: Sequence[Overdue]) -> list[Metric]:
    window, episodes = known.window, known.episodes.of(scope)
    there = [each for each in episodes if not known.people.is_gone(each.person_id, window.shown_at)]
    taken = Counter({each.episode_id: visits_in(known.sessions_of.get(each.episode_id, ())) for each in episodes})
    return [
        care.active_caseload(there, known.presence, known.asked_now, window),
        care.visits_per_episode(episodes, taken, known.visits.of(scope), window),
        care.overdue_follow_ups(late),
        follow_up.check_in_response(known.asked.of(scope), window.as_of.at),
        process.loop_completeness(known.loops.of(scope)),
        *process.notes(known.sessions.of(scope), window),
        *follow_up.safety(known.alerts.of(scope), known.overrides.of(scope), window),
    ]


def visits_in(sessions: Sequence[Session]) -> int:
    return len({each.visit_id for each in sessions})


def of_outcomes(known: Knowledge, scope: Scope) -> list[Metric]:
    window, found = known.window, known.outcomes.of(scope)
    return [
        outcomes.coverage(found),
        outcomes.outcome_change(found),
        *outcomes.responders(found),
        outcomes.case_mix(found, known.strata, known.attempted),
        patterns.hold_rate(known.corrections.of(scope), known.session_starts, window),
        patterns.resolution(known.confirmed.of(scope), known.session_starts, window),
        patterns.relapse(known.resolved.of(scope), known.answered, window),
        process.rater_agreement(known.ratings.of(scope)),
    ]


def overdue(known: Knowledge, scope: Scope) -> list[Overdue]:
    """Nobody who was forgotten is looked for."""
    shown_at = known.window.shown_at
    there = [each for each in known.episodes.of(scope) if not known.people.is_gone(each.person_id, shown_at)]
    return care.overdue(there, known.presence, known.window)


def series(known: Knowledge, scope: Scope, late: Sequence[Overdue]) -> Series:
    """Episodes one by one are for their therapist's report alone."""
    by_episode = scope.kind == "therapist"
    return Series(
        trajectories=trajectories(known, scope) if by_episode else (),
        dumbbells=dumbbells(known.outcomes.of(scope)) if by_episode else (),
        funnel=funnel(known, scope),
        holding=patterns.holding(known.corrections.of(scope), known.window),
        utilisation=utilisation.days(known.visits.of(scope), known.capacity.of(scope), known.calendar),
        complaints=complaints(known.marked.of(scope), known.asked.of(scope)),
        treated=treated(known.treated.of(scope)),
        overdue=tuple(late),
    )
