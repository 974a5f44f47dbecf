"""The process that reads what clients answer by mail, again and again, until it is told to stop.

Once an hour it forgets the ways back that have run out. A mailbox or database that is away is waited for. A mail that
cannot be read, or keeps failing, is set aside and never stops the others.
"""

import os
from datetime import UTC, datetime
from time import monotonic

import structlog
from prometheus_client import Counter

from services.scheduling.pruning import prune
from services.scheduling.replies.inbox import Filed, InboxAway, opened
from services.scheduling.replies.mail import read_mail
from services.scheduling.replies.receiving import Unread, take_mail
from services.scheduling.views import VIEWS
from shared.background import Background, background
from shared.database import Database, make_engine, worth_repeating
from shared.faults import described, passes_by_itself
from shared.health import database_answers
from shared.sealing import sealer_of
from shared.settings import ImapSettings, Settings

NEEDED = ("SYNERGIST_SCHEDULING_DATABASE_URL", "SYNERGIST_MASTER_KEYS")
PRUNE_SECONDS = 3600.0
IDLE_SECONDS = 10.0
"""Without a mailbox there is nothing to do but to be there."""

MAILS = Counter("synergist_replies", "Mails that came in, by what came of them", ["outcome"])
log = structlog.get_logger()


def run() -> None:
    """Read until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    database = Database(make_engine(settings.scheduling.api, size=2), sealer=sealer_of(settings), views=VIEWS)
    ready = {"database": database_answers(database.engine)}
    with background(settings, "scheduling replies", ready) as process:
        if settings.imap is None:
            log.warning("mailbox_not_configured")
        pruned_at = -PRUNE_SECONDS
        while not process.stop.is_set():
            process.heartbeat.beat()
            if settings.imap is not None:
                read_once(settings.imap, database, process)
            if monotonic() - pruned_at >= PRUNE_SECONDS:
                prune_once(database, process)
                pruned_at = monotonic()
            process.stop.wait(settings.imap.poll_seconds if settings.imap else IDLE_SECONDS)
    database.engine.dispose()


def read_once(settings: ImapSettings, database: Database, process: Background) -> None:
    """Take everything that waits in the mailbox; a mailbox that is away is said so, and tried again later."""
    try:
        with opened(settings) as inbox:
            while inbox.take_all(lambda content: take(database, content), process.heartbeat.beat):
                if process.stop.is_set():
                    return
    except InboxAway as error:
        log.warning("mailbox_is_away", error=str(error))
    except Exception as error:
        if not (passes_by_itself(error) or worth_repeating(error)):
            raise
        log.warning("database_is_away", error=described(error))


def prune_once(database: Database, process: Background) -> None:
    """Forget what has run out; when the database is away, an hour later."""
    try:
        gone = prune(database, datetime.now(UTC), process.heartbeat.beat)
    except Exception as error:
        if not (passes_by_itself(error) or worth_repeating(error)):
            raise
        log.warning("database_is_away", error=described(error))
        return
    log.info("pruned", **gone)


def take(database: Database, content: bytes) -> Filed:
    """Take one mail and say where it goes; raises only what passes by itself, which leaves the mail where it is."""
    try:
        outcome = take_mail(database, read_mail(content), datetime.now(UTC))
    except Exception as error:
        if passes_by_itself(error) or worth_repeating(error):
            raise
        log.error("mail_cannot_be_taken", error=described(error))  # noqa: TRY400 - see `described`
        MAILS.labels("failed").inc()
        return "Set aside"
    said = outcome.reason if isinstance(outcome, Unread) else outcome
    MAILS.labels(said).inc()
    log.info("mail_came_in", outcome=said)
    return "Set aside" if isinstance(outcome, Unread) else "Answered"
