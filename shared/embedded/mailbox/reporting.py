"""Reports what became of an SMS as the provider does: signed, to the address that came with the message, and in order.

Only addresses of this machine are called; who does not answer is not called again.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from shared.signatures import form_signature

SIGNATURE = "X-Twilio-Signature"
HOSTS = frozenset({"127.0.0.1", "localhost"})
# A number for rehearsing what Twilio has no number for: the message is taken, and reported as lost.
UNREACHED = "+15005550003"
LOST = "30005"


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports signed with `token`, one after the other."""

    token: str
    calls: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="sms-reports"))

    def of(self, to: str, sid: str, url: str) -> None:
        """Report soon that the message has gone out and has arrived, or was lost."""
        if urlsplit(url).hostname not in HOSTS or not self.token:
            return
        last = (
            {"MessageStatus": "undelivered", "ErrorCode": LOST} if to == UNREACHED else {"MessageStatus": "delivered"}
        )
        for status in ({"MessageStatus": "sent"}, last):
            self.calls.submit(self.call, url, {"MessageSid": sid, "To": to} | status)

    def call(self, url: str, form: dict[str, str]) -> None:
        signature = form_signature(self.token, url, {name: [value] for name, value in form.items()})
        try:
            httpx.post(url, data=form, headers={SIGNATURE: signature}, timeout=10, trust_env=False)
        except httpx.HTTPError:
            return

    def end(self) -> None:
        """Wait for the report under way, and forget the others."""
        self.calls.shutdown(cancel_futures=True)
