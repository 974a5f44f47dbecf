"""What the workers ask or tell of several things in one call: each by itself, so that one keeps no other back."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import structlog
from flask import g

from shared.auth import SERVICE
from shared.database import Database
from shared.event_store import Metadata, Transaction
from shared.faults import described, passes_by_itself

Result = TypeVar("Result")

log = structlog.get_logger()


def by_itself(database: Database, chain_id: UUID, about: UUID, work: Callable[[Transaction], Result]) -> Result | None:
    """Do it in a transaction of its own; None for what would always fail, which is logged. Raises what passes."""
    metadata = Metadata(actor="workers", role=SERVICE, origin="messages", correlation_id=g.request_id)
    try:
        return database.command(chain_id, metadata, work)
    except Exception as error:
        if passes_by_itself(error):
            raise
        log.error("not_decided_for_workers", about=str(about), error=described(error))  # noqa: TRY400 - see `described`
        return None
