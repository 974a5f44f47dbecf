"""Send what is due, a batch at a time.

The guarantee: a message is planned exactly once for its key. It is sent at least once while it still makes sense, and
twice only when a process dies, or loses the provider's answer, between the provider's "OK" and the commit of the
outcome; both then carry one Message-ID. On a channel without such an id nothing is ever sent again that may have gone
out: it is in doubt, and shown to staff. What was withdrawn before its sending began is not sent.

No transaction is open while anybody outside is spoken to, and one bad row never keeps the others back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from shared.database import worth_repeating
from shared.faults import described, passes_by_itself
from shared.ids import new_id
from workers.messages import asking, leases
from workers.messages.channels import UNREPEATABLE
from workers.messages.channels.channel import Channel, Ready
from workers.messages.enclosing import completed
from workers.messages.model import Answer, Due, Message, Notice
from workers.messages.outcomes import InDoubt, NotYet, Outcome, Refused, RetryLater, Stop
from workers.messages.recipients import Recipients, SchedulingAway
from workers.messages.treatment import Treatment
from workers.messages.verdict import verdict

TOGETHER = 20
AT_LATEST = timedelta(milliseconds=200)
"""Outcomes are committed after so many messages, or so long after the first of them."""

AWAY = timedelta(seconds=15)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

Clock = Callable[[], datetime]
Seen = Callable[[Sequence[str]], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sender and what it holds: the database, scheduling's answers, the open channels by name.

    `seen` is told the states that rows come to, `wait` pauses so many seconds.
    """

    engine: Engine
    recipients: Recipients
    treatment: Treatment
    channels: Mapping[str, Channel]
    clock: Clock
    wait: Callable[[float], object]
    chance: Random
    seen: Seen

    def send_due(self, until: datetime) -> int:
        """Send batches until nothing is due or the time is up; gives the number of rows taken."""
        taken = 0
        while self.clock() < until and (batch := self.send_batch()):
            taken += batch
        return taken

    def send_batch(self) -> int:
        """Lease due rows, ask whom they go to, send, note, let go of the rest; 0 when there is no use in going on."""
        token, now = new_id(), self.clock()
        with self.connection() as connection:
            self.seen(leases.settle(connection, now, UNREPEATABLE))
            rows = leases.claim(connection, token, now, UNREPEATABLE)
        if not rows:
            return 0
        try:
            answers = asking.answers(rows, self.recipients, self.treatment)
        except SchedulingAway as error:
            log.warning("scheduling_is_away", error=str(error), messages=len(rows))
            self.release(token, self.clock() + self.jittered(AWAY))
            return 0
        with self.connection() as connection:
            Batch(self, connection, token, now + leases.LEASE).send(rows, answers)
        return len(rows)

    def connection(self) -> Connection:
        """Every statement is a transaction of its own."""
        return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def release(self, token: UUID, next_at: datetime) -> None:
        with self.connection() as connection:
            leases.release(connection, token, next_at)

    def backoff(self, attempts: int) -> timedelta:
        """Longer after each attempt, and never the same for a whole batch."""
        return self.jittered(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 10)))

    def jittered(self, wait: timedelta) -> timedelta:
        return wait * self.chance.uniform(0.8, 1.2)


class Batch:
    """The rows of one lease on their way out, and the outcomes not yet written down.

    `connection` renews leases; outcomes take another, so that they can be written when that one has broken.
    """

    def __init__(self, sender: Sender, connection: Connection, token: UUID, lease_until: datetime) -> None:
        self.sender = sender
        self.connection = connection
        self.token = token
        self.lease_until = lease_until
        self.away: set[str] = set()
        self.notes: list[leases.Note] = []
        self.first_noted_at = lease_until

    def send(self, rows: Sequence[Due], answers: Mapping[str, Answer]) -> None:
        """Send while the lease is longer than a provider may take; whatever happens, outcomes are written down."""
        longest = max((channel.timeout for channel in self.sender.channels.values()), default=timedelta(0))
        try:
            for row in rows:
                if self.lease_until - self.sender.clock() <= longest:
                    break
                self.handle(row, answers.get(row.key))
        finally:
            self.flush()
            self.sender.release(self.token, self.sender.clock())
            for channel in self.sender.channels.values():
                channel.end_batch()

    def handle(self, row: Due, answer: Answer | None) -> None:
        """Bring one row to an outcome; none when it was taken back meanwhile."""
        now = self.sender.clock()
        outcome = self.attempt(row, answer, now)
        if outcome is None:
            return
        if not self.notes:
            self.first_noted_at = now
        self.notes.append(leases.noted(row.key, outcome, self.sender.clock(), self.sender.backoff(row.attempts)))
        unrepeatable = isinstance(answer, Message) and answer.channel in UNREPEATABLE
        long_ago = self.sender.clock() - self.first_noted_at >= AT_LATEST
        if len(self.notes) >= TOGETHER or long_ago or unrepeatable:
            self.flush()

    def attempt(self, row: Due, answer: Answer | None, now: datetime) -> Outcome | None:
        if answer is None:
            return RetryLater("not_understood")
        try:
            if (outcome := verdict(row, answer, now)) is not None:
                return outcome
            answer = completed(row, answer, self.sender.treatment)
            if (outcome := verdict(row, answer, now)) is not None or not isinstance(answer, Message):
                return outcome
            if (channel := self.sender.channels.get(answer.channel)) is None:
                return RetryLater("channel_not_configured")
            ready = channel.prepare(row, answer, now)
        except Exception as error:
            log.error("message_cannot_be_written", key=row.key, error=described(error))  # noqa: TRY400 - see `described`
            return RetryLater("cannot_be_written")
        if answer.channel in self.away:
            return NotYet(now + self.sender.jittered(AWAY))
        if isinstance(ready, Stop):
            return ready
        outcome = self.deliver(row, answer.channel, channel, ready)
        return self.reported(row, answer, outcome) if isinstance(outcome, Refused) else outcome

    def reported(self, row: Due, answer: Message, refusal: Refused) -> Outcome:
        """Let scheduling close the address before the refusal is noted; until it has, it is tried and refused again."""
        try:
            if answer.receipt is not None:
                self.sender.recipients.refused(answer.receipt, refusal)
            elif isinstance(answer, Notice) and answer.address_set_at is not None:
                self.sender.recipients.refused_by_staff(row, answer.address_set_at)
        except SchedulingAway as error:
            log.warning("scheduling_is_away", error=str(error), messages=1)
            return RetryLater(refusal.reason)
        return refusal

    def deliver(self, row: Due, name: str, channel: Channel, ready: Ready) -> Outcome | None:
        """Renew the lease if the row is still ours and wanted, and hand the message over."""
        if not leases.renew(self.connection, row.key, self.token, name, self.sender.clock()):
            return None
        try:
            outcome = channel.send(ready)
        except Exception as error:
            log.error("message_not_sent", key=row.key, error=described(error))  # noqa: TRY400 - see `described`
            return InDoubt("error") if name in UNREPEATABLE else RetryLater("error")
        if isinstance(outcome, RetryLater) and outcome.provider_away:
            log.warning("provider_is_away", channel=name, reason=outcome.reason)
            self.away.add(name)
        return outcome

    def flush(self) -> None:
        """Write the outcomes down; as long as the lease lasts, a database that is away or busy is waited for."""
        while self.notes:
            try:
                with self.sender.connection() as connection:
                    self.sender.seen(leases.note(connection, self.token, self.notes))
            except Exception as error:
                if not (passes_by_itself(error) or worth_repeating(error)) or self.sender.clock() >= self.lease_until:
                    raise
                self.sender.wait(0.2)
            else:
                self.notes.clear()
