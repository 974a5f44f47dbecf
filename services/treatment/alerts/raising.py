"""An answer raises its alerts in the transaction that records it, and its correction changes them in the same way.

Whoever calls has locked the client. The same answer twice raises nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, Row, text

from services.treatment.alerts.decider import ALERT, Raise, Withdraw
from services.treatment.alerts.opening import Opening, escalate_at
from services.treatment.alerts.rules import Group, Scored, history_of, level_of, worsening
from services.treatment.episodes.decider import EPISODE
from services.treatment.episodes.rules import counts
from services.treatment.episodes.treated import first_treated
from shared.decider import fold, handle
from shared.event_store import Transaction
from shared.events.treatment_alerts import AlertRaised, Level, Rule

PLACE = text("""
    SELECT coalesce(episode.lead_therapist_id, session.therapist_id) AS therapist_id,
      coalesce(episode.clinic_id, session.clinic_id) AS clinic_id
    FROM (SELECT) AS asked LEFT JOIN episodes episode ON episode.id = :episode_id
      LEFT JOIN sessions session ON session.id = :session_id
""")
OPENING = text("""
    SELECT
      (SELECT coalesce(jsonb_agg(jsonb_build_object('valid_from', valid_from, 'time_zone', time_zone,
          'opening_hours', opening_hours) ORDER BY valid_from), '[]')
       FROM clinic_clocks WHERE clinic_id = :clinic_id) AS terms,
      (SELECT coalesce(jsonb_object_agg(day ->> 'on', day -> 'hours'), '{}')
       FROM clinic_special_days, jsonb_array_elements(special_days) AS day
       WHERE clinic_id = :clinic_id) AS special_days,
      (SELECT coalesce(jsonb_agg(jsonb_build_array(starts_at, ends_at)), '[]')
       FROM closures WHERE clinic_id = :clinic_id AND ends_at > :now) AS closures
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client has answered, as it reads now: the first answer, or what it was corrected to."""

    check_in_id: UUID
    client_id: UUID
    episode_id: UUID | None
    session_id: UUID | None
    said: Scored
    red_flags: tuple[str, ...]


def raise_for(tx: Transaction, answer: Answer, earlier: Sequence[Scored], now: datetime) -> None:
    """Raise what the answer wants looked at; close what a correction left nothing of.

    `earlier` are the client's answers before this one in the same episode (or in none), as they read now, the oldest
    first.
    """
    history = history_of(earlier, baseline_of(tx, answer))
    found: dict[Group, tuple[Rule, ...]] = {
        "red_flag": ("red_flag",) if answer.red_flags else (),
        "worsening": worsening(answer.said, history),
    }
    place = place_of(tx.connection, answer) if any(found.values()) else None
    for group, rules in found.items():
        alert_id = uuid5(answer.check_in_id, group)
        stream = f"alert-{alert_id}"
        if place is None or not rules:
            handle(tx, ALERT, stream, Withdraw(now))
            continue
        level: Level = level_of(answer.red_flags) if group == "red_flag" else "worsening"
        event = AlertRaised(
            alert_id=alert_id,
            client_id=answer.client_id,
            episode_id=answer.episode_id,
            check_in_id=answer.check_in_id,
            rules=rules,
            level=level,
            red_flags=answer.red_flags if group == "red_flag" else (),
            score=answer.said.score,
            before=history[-MOST_SHOWN:],
            therapist_id=place.therapist_id,
            clinic_id=place.clinic_id,
            escalate_at=escalate_at(opening_of(tx.connection, place.clinic_id, now), level, now),
            happened_at=now,
        )
        handle(tx, ALERT, stream, Raise(event))


MOST_SHOWN = 4
"""How much of the history an alert keeps: as much as any rule looks at."""


def baseline_of(tx: Transaction, answer: Answer) -> int | None:
    """Pain at the beginning of the answer's episode, if it counts as its baseline."""
    if answer.episode_id is None:
        return None
    episode = fold(EPISODE, tx.load(f"episode-{answer.episode_id}"))
    if episode.baseline is None:
        return None
    treated = first_treated(tx.connection, tx.chain_id, answer.client_id, [answer.episode_id])
    return episode.baseline.nrs_now if counts(episode.baseline, treated.get(answer.episode_id)) else None


def place_of(connection: Connection, answer: Answer) -> Row[Any]:
    """Who leads what the check-in is about, and where. Raises LookupError where it is about nothing."""
    asked = {"episode_id": answer.episode_id, "session_id": answer.session_id}
    row = connection.execute(PLACE, asked).one()
    if row.therapist_id is None:
        raise LookupError("a check-in follows a session or belongs to an episode")
    return row


def opening_of(connection: Connection, clinic_id: UUID, now: datetime) -> Opening:
    """When a clinic is open, as far as scheduling has told."""
    row = connection.execute(OPENING, {"clinic_id": clinic_id, "now": now}).one()
    return msgspec.convert(row._asdict(), Opening)
