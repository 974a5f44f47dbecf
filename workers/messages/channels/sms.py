"""Text messages through Twilio's message resource; it takes no idempotency key, so a lost answer is a doubt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
import msgspec

from shared.settings import Settings, SmsSettings
from workers.messages.channels.channel import Channel, ChannelKind, Ready
from workers.messages.model import Due, Message
from workers.messages.outcomes import InDoubt, Outcome, Refused, RetryLater, Sent, Stop
from workers.messages.texts import short_text

TIMEOUT = httpx.Timeout(10, connect=3)

REFUSED_NUMBERS = {
    21211: "invalid_number",
    21214: "invalid_number",
    21217: "invalid_number",
    21408: "region_not_permitted",
    21610: "opted_out",
    21612: "not_reachable",
    21614: "not_a_mobile",
    30003: "not_reachable",
    30005: "invalid_number",
    30006: "not_a_mobile",
}
"""Twilio's error codes that speak of the client's number; all others speak of our account or of the moment."""

CLOSES: Mapping[str, Literal["bounce", "stop"]] = {
    "invalid_number": "bounce",
    "not_a_mobile": "bounce",
    "opted_out": "stop",
}
"""What is wrong with a number for good; the other reasons may be gone tomorrow."""

NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
ANSWER_LOST_BEHIND_GATEWAY = {502, 504}
SERVERS_FAULT = 500


class Sms:
    timeout = timedelta(seconds=15)

    def __init__(self, settings: SmsSettings) -> None:
        self.sender = settings.sender
        self.path = f"/2010-04-01/Accounts/{settings.account}/Messages.json"
        self.http = httpx.Client(base_url=settings.url, auth=(settings.account, settings.token), timeout=TIMEOUT)

    def prepare(self, due: Due, recipient: Message, now: datetime) -> Ready:
        del now
        content = short_text(due, recipient).encode()
        return Ready(to=recipient.address, content=content, status_url=recipient.status_url)

    def send(self, ready: Ready) -> Outcome:
        form = {"To": ready.to, "From": self.sender, "Body": ready.content.decode()}
        if ready.status_url:
            form["StatusCallback"] = ready.status_url
        try:
            response = self.http.post(self.path, data=form)
        except NEVER_ARRIVED as error:
            return RetryLater(type(error).__name__, provider_away=True)
        except httpx.HTTPError as error:
            return InDoubt(type(error).__name__)
        return outcome_of(response)

    def end_batch(self) -> None:
        """Connections stay in the client's pool, which drops the broken ones itself."""


def outcome_of(response: httpx.Response) -> Outcome:
    """What Twilio's answer means for the message."""
    status = response.status_code
    if status in ANSWER_LOST_BEHIND_GATEWAY:
        return InDoubt(f"http_{status}")
    body = parsed(response)
    if status == httpx.codes.CREATED:
        return Sent(provider_id=str(body.get("sid", "")))
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RetryLater("http_429", after=asked_to_wait(response), provider_away=True)
    code = body.get("code")
    if code in REFUSED_NUMBERS:
        reason = REFUSED_NUMBERS[code]
        return Refused(reason, CLOSES[reason]) if reason in CLOSES else Stop(reason)
    return RetryLater(f"http_{status}_{code}" if code else f"http_{status}", provider_away=status >= SERVERS_FAULT)


def parsed(response: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(response.content, type=dict)
    except msgspec.MsgspecError:
        return {}


def asked_to_wait(response: httpx.Response) -> timedelta | None:
    seconds = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None


def open_sms(settings: Settings) -> Channel | None:
    return Sms(settings.sms) if settings.sms else None


SMS = ChannelKind("sms", repeatable=False, open=open_sms)
