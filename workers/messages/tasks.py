"""The Celery side of sending: a tick says that something may be due, and a child of the worker looks.

Every child opens its own connections, when it first needs them; none is inherited from its parent.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import SystemRandom

import structlog
from celery import Celery

from shared.database import make_engine
from shared.minting import mint_service_token
from shared.settings import Settings
from workers.arrivals import tell_arrivals
from workers.celery_app import ERASE_DUE, ESCALATE_DUE, SEND_DUE
from workers.erasures import tell_erasures
from workers.messages.channels import open_channels
from workers.messages.handing import hand_over
from workers.messages.recipients import Recipients, SchedulingAway
from workers.messages.sending import Sender
from workers.messages.settling import settle_receipts
from workers.messages.tally import Tally
from workers.messages.telling import tell_outcomes
from workers.messages.treatment import NotTaken, Treatment

log = structlog.get_logger()

LONGEST_TURN = timedelta(seconds=5)
"""A sender with much to do stops after so long; the next ticks go on. It keeps shutting down short."""


def now() -> datetime:
    return datetime.now(UTC)


def open_sender(settings: Settings, tally: Tally) -> Sender:
    """A sender with connections of its own, two of them to the database."""
    key = settings.auth.service_key
    return Sender(
        engine=make_engine(settings.workers.api, size=2),
        recipients=Recipients(
            settings.address.scheduling_url, lambda: mint_service_token(key, subject="workers", to="scheduling")
        ),
        treatment=Treatment(
            settings.address.treatment_url, lambda: mint_service_token(key, subject="workers", to="treatment")
        ),
        channels=open_channels(settings),
        clock=now,
        wait=time.sleep,
        chance=SystemRandom(),
        seen=tally.count,
    )


def register(app: Celery, senders: Callable[[], Sender], tally: Tally) -> None:
    """Give this application, and no other of the process, its tasks; `senders` gives the sender they work with."""

    def send_due() -> None:
        tally.tick()
        sender = senders()
        hand_over(sender.engine, sender.recipients, now())
        sender.send_due(until=now() + LONGEST_TURN)
        settle_receipts(sender.engine, sender.recipients, now())
        tell_arrivals(sender.engine, sender.recipients)
        tell_erasures(sender.engine, sender.recipients)
        tell_outcomes(sender.engine, sender.treatment, now())

    def erase_due() -> None:
        """Nothing is lost when scheduling is away: the next tick asks again."""
        try:
            senders().recipients.erase_due()
        except SchedulingAway as error:
            log.warning("scheduling_is_away", error=str(error))

    def escalate_due() -> None:
        """When an alert is escalated is told by the alert, so a tick that treatment missed makes it late, not lost."""
        try:
            senders().treatment.escalate_due()
        except NotTaken as error:
            log.warning("alerts_not_escalated", error=str(error))

    app.task(name=SEND_DUE, shared=False)(send_due)
    app.task(name=ERASE_DUE, shared=False)(erase_due)
    app.task(name=ESCALATE_DUE, shared=False)(escalate_due)
