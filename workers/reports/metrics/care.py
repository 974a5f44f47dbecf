"""Who is cared for: the active caseload, who should have come again, and how many visits an episode takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.reports.document import Metric, Overdue
from workers.reports.known.episodes import Episode
from workers.reports.known.visits import Presence, Visit
from workers.reports.metrics.numbers import count, median
from workers.reports.statistics import Followed, kaplan_meier, median_time
from workers.reports.window import Window

SEEN_WITHIN = timedelta(days=42)
OVERDUE_AFTER = timedelta(days=7)

NOBODY = Presence(None, is_expected=False)


def active_caseload(
    episodes: Iterable[Episode],
    presence: Mapping[UUID, Presence],
    asked: AbstractSet[UUID],
    window: Window,
) -> Metric:
    """Persons with an open episode who were seen in the last 42 days, are expected, or are `asked` by check-ins."""
    open_to = {each.person_id for each in episodes if each.is_open}
    seen_from = window.shown_at - SEEN_WITHIN
    active = {person for person in open_to if person in asked or is_present(presence.get(person, NOBODY), seen_from)}
    left = {"not_seen": len(open_to) - len(active)}
    return count("active_caseload", len(active), "clients_with_open_episode", left=left)


def is_present(presence: Presence, seen_from: datetime) -> bool:
    return presence.is_expected or (presence.last_seen_at is not None and presence.last_seen_at >= seen_from)


def overdue(episodes: Iterable[Episode], presence: Mapping[UUID, Presence], window: Window) -> list[Overdue]:
    """Open episodes, not held, whose next visit was planned for more than seven days ago and neither was nor will be.

    The longest overdue first.
    """
    today = window.shown_at.astimezone(ZoneInfo(window.period.time_zone)).date()
    found = [
        Overdue(client_id=each.person_id, episode_id=each.episode_id, planned_on=each.plan.planned_on)
        for each in episodes
        if each.is_open
        and not each.is_held
        and each.plan is not None
        and each.plan.planned_on is not None
        and each.plan.planned_on + OVERDUE_AFTER < today
        and not has_come(each, presence.get(each.person_id, NOBODY))
    ]
    return sorted(found, key=lambda each: (each.planned_on, each.episode_id))


def has_come(episode: Episode, presence: Presence) -> bool:
    """Whether the person came after the next visit was planned, or is expected."""
    seen_at = presence.last_seen_at
    return presence.is_expected or (seen_at is not None and episode.plan is not None and seen_at > episode.plan.said_at)


def overdue_follow_ups(found: Sequence[Overdue]) -> Metric:
    return count("overdue_follow_ups", len(found), "open_episodes")


def visits_per_episode(
    episodes: Sequence[Episode], sessions: Counter[UUID], visits: Sequence[Visit], window: Window
) -> Metric:
    """Sessions of the episodes that were closed in the period; with those still open by Kaplan and Meier."""
    closed = [each for each in episodes if each.ended_at is not None and each.ended_at >= window.starts_at]
    numbers = [float(sessions[each.episode_id]) for each in closed]
    still = [Followed(float(sessions[each.episode_id]), ended=False) for each in episodes if each.is_open]
    curve = kaplan_meier([*(Followed(number, ended=True) for number in numbers), *still])
    middle = median_time(curve)
    together = Metric(
        code="with_open_episodes",
        unit="visits",
        population="episodes_closed_in_period_or_open",
        value=middle,
        denominator=float(len(numbers) + len(still)),
        why_none=None if middle is not None else ("not_reached" if numbers or still else "nobody"),
    )
    parts = (together, legacy_average(visits))
    return median("visits_per_episode", "visits", numbers, "episodes_closed_in_period", parts=parts)


def legacy_average(visits: Sequence[Visit]) -> Metric:
    """Attended visits for each client who is new to the chain, as other systems count it: it mixes cohorts."""
    came = [visit for visit in visits if visit.attended]
    new = {visit.person_id for visit in came if visit.last_at_chain is None}
    return Metric(
        code="legacy_visit_average",
        unit="ratio",
        population="attended_visits",
        value=len(came) / len(new) if new else None,
        numerator=float(len(came)),
        denominator=float(len(new)),
        why_none=None if new else "nobody",
    )
