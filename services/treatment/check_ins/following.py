"""What sessions and episodes bring about for check-ins, in the transactions that sign, discharge and reopen them."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from services.treatment.check_ins.chain_rules import of_episode, of_sessions
from services.treatment.check_ins.commands import DropSession, FollowDischarge, FollowReopening, FollowSession
from services.treatment.check_ins.loading import carry_out, hold
from services.treatment.sessions.state import Session
from shared.event_store import Transaction

EPISODE = text("""
    SELECT episode.status, (
      SELECT time_zone FROM clinic_clocks clock WHERE clock.clinic_id = episode.clinic_id
      ORDER BY valid_from <= :day DESC, abs(valid_from - CAST(:day AS date)) LIMIT 1
    ) AS time_zone
    FROM episodes episode WHERE episode.id = :id
""")


def after_signature(tx: Transaction, client_id: UUID, session: Session, now: datetime) -> None:
    """Plan what the client is asked after the session; nothing is changed by signing it again."""
    start, known = session.start, hold(tx, client_id)
    episode = episode_of(tx, session.episode_id, start.started_at)
    command = FollowSession(
        client_id=known.person,
        session_id=start.session_id,
        episode_id=session.episode_id,
        goes_on=episode is not None and episode.status != "discharged",
        day=start.started_at.astimezone(ZoneInfo(start.time_zone)).date(),
        time_zone=start.time_zone,
        rules=of_sessions(tx.connection, tx.chain_id, [start.session_id]).get(start.session_id),
        now=now,
    )
    carry_out(tx, known, command)


def after_error(tx: Transaction, client_id: UUID, session_id: UUID, now: datetime) -> None:
    """Ask nothing after a session that never happened."""
    carry_out(tx, hold(tx, client_id), DropSession(session_id, now))


def after_discharge(tx: Transaction, client_id: UUID, episode_id: UUID, ended_at: datetime, now: datetime) -> None:
    """Ask no more about the treatment, and later whether it still holds."""
    known, episode = hold(tx, client_id), episode_of(tx, episode_id, ended_at)
    time_zone = (episode and episode.time_zone) or "UTC"
    command = FollowDischarge(
        client_id=known.person,
        episode_id=episode_id,
        day=ended_at.astimezone(ZoneInfo(time_zone)).date(),
        time_zone=time_zone,
        rules=of_episode(tx.connection, tx.chain_id, episode_id),
        now=now,
    )
    carry_out(tx, known, command)


def after_reopening(tx: Transaction, client_id: UUID, episode_id: UUID, now: datetime) -> None:
    """The treatment goes on: there is nothing yet that could hold."""
    carry_out(tx, hold(tx, client_id), FollowReopening(episode_id, now))


def episode_of(tx: Transaction, episode_id: UUID | None, at: datetime) -> Row[tuple[str, str | None]] | None:
    """Its status, and the clock of its clinic at a moment, None where nobody has told of the clinic."""
    values = {"id": episode_id, "day": at.date()}
    return tx.connection.execute(EPISODE, values).first() if episode_id else None
