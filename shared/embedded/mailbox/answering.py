"""Answers a message that the mailbox keeps, as its recipient would: by mail to the address that is read, or by SMS."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from uuid import uuid4

import httpx

from shared.embedded.mailbox.imap import Folders
from shared.embedded.mailbox.reading import opened
from shared.embedded.mailbox.store import Kept
from shared.signatures import form_signature

SIGNATURE = "X-Twilio-Signature"


@dataclass(frozen=True, slots=True)
class Answers:
    """Where answers go: `address` is the one that is read by IMAP, `hook` takes SMS signed with `token`."""

    address: str = ""
    hook: str = ""
    token: str = ""
    folders: Folders = field(default_factory=Folders)

    def are_read_at(self, to: str) -> bool:
        """Whether mail to this address, or to it with something behind a plus, is for the mailbox that is read."""
        name, _, domain = to.lower().rpartition("@")
        return bool(self.address) and f"{name.partition('+')[0]}@{domain}" == self.address.lower()

    def answer(self, kept: Kept, text: str) -> bool:
        """Answer a message with a text; False when nobody reads answers to it."""
        return self.by_sms(kept, text) if kept.channel == "sms" else self.by_mail(kept, text)

    def by_mail(self, kept: Kept, text: str) -> bool:
        headers = opened(kept)["headers"]
        to = parseaddr(headers.get("Reply-To", ""))[1]
        if not self.are_read_at(to):
            return False
        mail = EmailMessage()
        mail["From"], mail["To"] = kept.to, to
        mail["Subject"] = f"Re: {headers.get('Subject', '')}"
        mail["Message-ID"] = make_msgid(domain="client.example")
        mail["In-Reply-To"] = headers.get("Message-ID", "")
        mail.set_content(text)
        self.folders.deliver(mail.as_bytes())
        return True

    def by_sms(self, kept: Kept, text: str) -> bool:
        if not self.hook or not self.token:
            return False
        form = {"MessageSid": f"SM{uuid4().hex}", "From": kept.to, "To": kept.sender, "Body": text}
        signature = form_signature(self.token, self.hook, {name: [value] for name, value in form.items()})
        answer = httpx.post(self.hook, data=form, headers={SIGNATURE: signature}, timeout=10, trust_env=False)
        return answer.is_success
