"""Which patterns a client's answers make urgent: those of the episode that went worse, until a session is signed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.alerts.decider import ALERT
from services.treatment.patterns.state import Pattern
from services.treatment.records import ids_of, told
from services.treatment.sessions.decider import SESSION
from shared.events.treatment_alerts import AlertRaised, Outcome
from shared.http.operations import Call

WORSENING = text("""
    SELECT id FROM alerts
    WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids) AND kind = 'worsening' ORDER BY id
""")
SINCE = text("""
    SELECT id FROM sessions
    WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids) AND started_at > :since ORDER BY id
""")
NOTHING: tuple[Outcome, ...] = ("cleared", "overridden", "no_action", "corrected")
"""Closed with one of these, there was nothing in it that a test should look for."""


def worsening(call: Call, client_id: UUID, patterns: Mapping[UUID, Pattern], query: dict[str, Any]) -> frozenset[UUID]:
    """Those of the patterns that are to be tested first, as of the moment that the query names.

    An alert is about the patterns of its episode, and about those of no episode; one of no episode about them all.
    """
    values = {"chain_id": call.chain_id, "ids": ids_of(call, client_id)}
    alerts = list(standing(call, values, query))
    if not alerts:
        return frozenset()
    seen_at = last_session(call, values | {"since": min(each.happened_at for each in alerts)}, query)
    waiting = [each for each in alerts if seen_at is None or each.happened_at >= seen_at]
    return frozenset(
        pattern_id
        for pattern_id, pattern in patterns.items()
        for alert in waiting
        if None in (alert.episode_id, pattern.episode_id) or alert.episode_id == pattern.episode_id
    )


def standing(call: Call, values: dict[str, Any], query: dict[str, Any]) -> Iterator[AlertRaised]:
    """What went worse and was not found to be nothing."""
    ids = call.connection.execute(WORSENING, values).scalars().all()
    for entries in told(call, [f"alert-{each}" for each in ids], query).values():
        alert = reduce(ALERT.evolve, (each.event for each in entries), ALERT.initial)
        if alert.raised is not None and alert.outcome not in NOTHING:
            yield alert.raised


def last_session(call: Call, values: dict[str, Any], query: dict[str, Any]) -> datetime | None:
    """When the last session began that had been signed by then; None where there was none."""
    ids = call.connection.execute(SINCE, values).scalars().all()
    recorded = {"as_of": query["as_of"], "happened_by": None}
    began: list[datetime] = []
    for entries in told(call, [f"session-{each}" for each in ids], recorded).values():
        session = reduce(SESSION.evolve, (each.event for each in entries), SESSION.initial)
        by = query["happened_by"]
        is_signed = session.signed is not None and (by is None or session.signed.signed_at <= by)
        if is_signed and not session.is_error:
            began.append(session.start.started_at)
    return max(began, default=None)
