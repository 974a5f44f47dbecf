"""The read models of alerts, and of what chains say to clients who tick a red flag."""

from sqlalchemy import Connection

from services.treatment.alerts.rules import group_of
from shared.event_store import Happened
from shared.events import treatment_alerts as a
from shared.writing import change, put, remove


def alerts(connection: Connection, entry: Happened) -> None:
    """Keep where an alert stands; whoever raises it anew begins its life again."""
    version = entry.version
    match entry.event:
        case a.AlertRaised() as raised:
            put(
                connection,
                "alerts",
                ("id",),
                id=raised.alert_id,
                chain_id=entry.chain_id,
                recorded_client_id=raised.client_id,
                version=version,
                status="raised",
                kind=group_of(raised.rules),
                level=raised.level,
                episode_id=raised.episode_id,
                check_in_id=raised.check_in_id,
                therapist_id=raised.therapist_id,
                clinic_id=raised.clinic_id,
                raised_at=raised.happened_at,
                escalate_at=raised.escalate_at,
                escalated_at=None,
                acknowledged_at=None,
                closed_at=None,
                outcome=None,
            )
        case a.AlertEscalated(alert_id=alert_id, happened_at=at):
            change(connection, "alerts", {"id": alert_id}, status="escalated", escalated_at=at, version=version)
        case a.AlertAcknowledged(alert_id=alert_id, happened_at=at):
            change(connection, "alerts", {"id": alert_id}, status="acknowledged", acknowledged_at=at, version=version)
        case a.AlertClosed(alert_id=alert_id, outcome=outcome, happened_at=at):
            change(
                connection,
                "alerts",
                {"id": alert_id},
                status="closed",
                outcome=outcome,
                closed_at=at,
                version=version,
            )
        case _:
            pass


def safety_texts(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case a.SafetyTextApproved() as approved:
            put(
                connection,
                "safety_texts",
                ("chain_id", "locale"),
                chain_id=entry.chain_id,
                locale=approved.locale,
                version=entry.version,
                emergency=approved.emergency,
                same_day=approved.same_day,
                approved_by=entry.metadata.actor,
                approved_at=approved.approved_at,
            )
        case a.SafetyTextWithdrawn(locale=locale):
            remove(connection, "safety_texts", chain_id=entry.chain_id, locale=locale)
        case _:
            pass


VIEWS = (alerts, safety_texts)
