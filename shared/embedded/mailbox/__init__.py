"""A mailbox for development: takes every e-mail and SMS, delivers none, shows them on a page and as JSON."""

from shared.embedded.mailbox.answering import Answers
from shared.embedded.mailbox.imap import Imap
from shared.embedded.mailbox.server import Mailbox
from shared.embedded.mailbox.web import SmsAccount

__all__ = ["Answers", "Imap", "Mailbox", "SmsAccount"]
