"""The mailbox's doors, SMTP, HTTP and IMAP, on loopback, all open once `start` has returned."""

import socket
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shared.embedded.mailbox.answering import Answers
from shared.embedded.mailbox.imap import Imap
from shared.embedded.mailbox.reporting import Reports
from shared.embedded.mailbox.store import Channel, Kept, Store
from shared.embedded.mailbox.web import SmsAccount, create_app
from shared.embedded.processes import LOOPBACK


class QuietRequests(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: requests to a mailbox for development are of no interest."""


@dataclass
class Mailbox:
    """Raises OSError from `start` when a port is taken."""

    file: Path
    http_port: int
    smtp_port: int
    account: SmsAccount
    answers: Answers = field(default_factory=Answers)
    imap: Imap | None = None
    store: Store = field(init=False)
    reports: Reports = field(init=False)
    smtp: Controller = field(init=False)
    http: BaseWSGIServer = field(init=False)

    def start(self) -> None:
        with socket.create_server((LOOPBACK, self.http_port)) as door:
            self.smtp = Controller(self, hostname=LOOPBACK, port=self.smtp_port, enable_SMTPUTF8=True)
            self.smtp.start()
            self.store = Store(self.file)
            self.reports = Reports(self.account.token)
            app = create_app(self.store, self.receive, self.account, self.answers, self.reports)
            # With a port instead of a socket, werkzeug would end the process when the port is taken.
            self.http = make_server(
                LOOPBACK, self.http_port, app, threaded=True, request_handler=QuietRequests, fd=door.fileno()
            )
        threading.Thread(target=self.http.serve_forever, args=[0.05], name="mailbox", daemon=True).start()
        if self.imap is not None:
            self.imap.start()

    def stop(self) -> None:
        if self.imap is not None:
            self.imap.stop()
        self.smtp.stop()
        self.http.shutdown()
        self.http.server_close()
        self.reports.end()
        self.store.close()

    def receive(self, channel: Channel, to: str, sender: str, content: str) -> str:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        kept = Kept(id=uuid4().hex, channel=channel, to=to, sender=sender, received_at=now, content=content)
        self.store.add(kept)
        return kept.id

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - the name aiosmtpd calls
        content = b64encode(envelope.original_content or b"").decode()
        for recipient in envelope.rcpt_tos:
            self.receive("email", recipient, envelope.mail_from or "", content)
            if self.answers.are_read_at(recipient):
                self.answers.folders.deliver(envelope.original_content or b"")
        return "250 Kept"
