"""E-mail by SMTP: one connection per batch, opened when it is first needed and once more when it turns out dead.

A message is handed over within LONGEST or not at all, so that its lease outlives every attempt.
"""

import smtplib
import ssl
from datetime import datetime, timedelta
from email.utils import parseaddr
from time import monotonic

from shared.mail_status import closes_mailbox
from shared.settings import Settings, SmtpSettings
from workers.messages.channels.channel import Channel, ChannelKind, Ready
from workers.messages.envelope import envelope, is_one_address
from workers.messages.invitation import invitations
from workers.messages.model import Due, Message
from workers.messages.outcomes import Outcome, Refused, RetryLater, Sent, Stop
from workers.messages.texts import mail

EXCHANGE_SECONDS = 5
LAST_REPLY_SECONDS = 20
LATEST_BODY_SECONDS = 25
LONGEST = timedelta(seconds=EXCHANGE_SECONDS + LATEST_BODY_SECONDS + LAST_REPLY_SECONDS)

TAKEN = (250, 251)
PERMANENT = range(500, 600)


class Email:
    timeout = LONGEST

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self.sender = parseaddr(settings.sender)[1]
        self.connection: smtplib.SMTP | None = None

    def prepare(self, due: Due, recipient: Message, now: datetime) -> Ready | Stop:
        if not is_one_address(recipient.address):
            return Stop("invalid_address")
        content = envelope(
            due.key,
            mail(due, recipient),
            invitations(due, recipient, self.sender, now),
            sender=self.sender,
            sender_name=recipient.chain_name,
            to=recipient.address,
            receipt=recipient.receipt,
            now=now,
            reply_to=recipient.reply_to,
        )
        return Ready(to=recipient.address, content=content)

    def send(self, ready: Ready) -> Outcome:
        """Deliver over the open connection; when it has been closed from the other side, over a new one."""
        until = monotonic() + LATEST_BODY_SECONDS
        try:
            try:
                return self.deliver(ready, until)
            except smtplib.SMTPServerDisconnected:
                self.end_batch()
                return self.deliver(ready, until)
        except OSError as error:
            self.end_batch()
            return RetryLater(type(error).__name__, provider_away=True)

    def deliver(self, ready: Ready, until: float) -> Outcome:
        """One message; raises OSError, of which smtplib's errors are a kind, when the connection is of no more use."""
        connection = self.connection = self.connection or connect(self.settings)
        code, _ = connection.mail(self.sender)
        if code not in TAKEN:
            connection.rset()
            return RetryLater(f"sender_refused_{code}", provider_away=True)
        code, said = connection.rcpt(ready.to)
        if code not in TAKEN:
            connection.rset()
            return refused_address(code, said) or refused("address", code)
        if monotonic() > until:
            raise TimeoutError
        return self.deliver_body(connection, ready.content)

    def deliver_body(self, connection: smtplib.SMTP, content: bytes) -> Outcome:
        if connection.sock is not None:
            connection.sock.settimeout(LAST_REPLY_SECONDS)
        try:
            code, _ = connection.data(content)
        except smtplib.SMTPDataError as error:
            code = error.smtp_code
        if connection.sock is not None:
            connection.sock.settimeout(EXCHANGE_SECONDS)
        if code in TAKEN:
            return Sent(provider_id="")
        connection.rset()
        return refused("message", code)

    def end_batch(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.quit()
            except OSError:
                connection.close()


def refused(what: str, code: int) -> Outcome:
    """A permanent refusal is the end of the message, a temporary one is not."""
    return Stop(f"{what}_refused_{code}") if code in PERMANENT else RetryLater(f"{what}_refused_{code}")


def refused_address(code: int, said: bytes) -> Refused | None:
    """The refusal of a mailbox that does not exist; one for our own sake, or because it is full, says nothing of that.

    The enhanced status code decides; a server without them means the mailbox by 550, 551 and 553.
    """
    is_closed = code in PERMANENT and closes_mailbox(str(code), said.decode("ascii", "replace"))
    return Refused(f"address_refused_{code}", "bounce") if is_closed else None


def connect(settings: SmtpSettings) -> smtplib.SMTP:
    """A connection that is encrypted, greeted and logged in as the settings say. Raises OSError."""
    if settings.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=EXCHANGE_SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(settings.host, settings.port, timeout=EXCHANGE_SECONDS)
    try:
        if settings.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if settings.user:
            connection.login(settings.user, settings.password)
        connection.ehlo_or_helo_if_needed()
    except OSError:
        connection.close()
        raise
    return connection


def open_email(settings: Settings) -> Channel | None:
    return Email(settings.smtp) if settings.smtp else None


EMAIL = ChannelKind("email", repeatable=True, open=open_email)
