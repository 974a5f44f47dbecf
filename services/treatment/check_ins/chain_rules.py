"""When a chain asks after the visits of each of its offerings: as it has said, or else by the defaults."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from services.treatment.check_ins.commands import RulesOf
from shared.events.treatment_check_ins import CheckInRules, CheckInRulesSet

SET = text("SELECT version, content FROM check_in_rules WHERE chain_id = :chain_id")
OFFERINGS = text("""
    SELECT session.id, visit.offering_id
    FROM sessions session LEFT JOIN visits visit ON visit.appointment_id = session.appointment_id
    WHERE session.id = ANY(:ids)
""")
OF_EPISODE = text("""
    SELECT visit.offering_id
    FROM sessions session LEFT JOIN visits visit ON visit.appointment_id = session.appointment_id
    WHERE session.episode_id = :episode_id AND session.status <> 'in_error'
    ORDER BY session.started_at DESC, session.id DESC LIMIT 1
""")


def known(connection: Connection, chain_id: UUID) -> tuple[CheckInRulesSet, int]:
    """What holds for the chain, with its version, which is 0 until it has said anything."""
    row = connection.execute(SET, {"chain_id": chain_id}).first()
    if row is None:
        return CheckInRulesSet(chain_id=chain_id, rules=CheckInRules(), offerings=()), 0
    return msgspec.convert(row.content, CheckInRulesSet), row.version


def of_offering(said: CheckInRulesSet, offering_id: UUID | None) -> CheckInRules | None:
    """What holds for visits of an offering; None: nobody is asked after them."""
    of_its_own = [each.rules for each in said.offerings if each.offering_id == offering_id]
    return of_its_own[0] if of_its_own else said.rules


def of_sessions(connection: Connection, chain_id: UUID, session_ids: Collection[UUID]) -> RulesOf:
    """What holds today for the visit of each of these sessions."""
    if not session_ids:
        return {}
    said, _ = known(connection, chain_id)
    rows = connection.execute(OFFERINGS, {"ids": list(session_ids)})
    return {row.id: of_offering(said, row.offering_id) for row in rows}


def of_episode(connection: Connection, chain_id: UUID, episode_id: UUID) -> CheckInRules | None:
    """What holds for the visit of the last session of an episode."""
    said, _ = known(connection, chain_id)
    return of_offering(said, connection.execute(OF_EPISODE, {"episode_id": episode_id}).scalar())
