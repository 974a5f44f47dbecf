"""What somebody types who means harm, and how to see that a page, a mail or a calendar entry took it for mere text."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from icalendar import Calendar

MARKUP = '<script>alert(4711)</script><img src=x onerror=alert(4711)>" onclick="alert(4711)" \'{{ 4711 * 2 }}\''
"""Fits into every name."""

LINES = (
    "Ada\r\nBcc: thief@evil.example\r\n\r\n<b>body</b>",
    "Ada\nX-Evil: 1",
    "Ada\rX-Evil: 1",
    "Ada%0d%0aBcc:%20thief@evil.example",
    "=?utf-8?q?Ada=0d=0aX-Evil:_1?=",
    "Ada\u2028X-Evil: 1\u2029X-Evil: 1\x85X-Evil: 1\x0bX-Evil: 1",
    "Ada\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nX-EVIL:1\r\nATTENDEE:mailto:thief@evil.example",
    'Ada";X-EVIL=1:mailto:thief@evil.example',
    "Ada\\nX-EVIL:1;X-EVIL=1,X-EVIL",
)
"""Line breaks of all kinds, and what ends a header, a property or a parameter."""

SIGNS = ("Ada\x00Demo", "Ada\u202egpj.exe\u202c", "Ada\u2066\u2067Demo\u2069", "Ada\x1b[2J\x07")
"""NUL, what turns a text around, and what a terminal obeys."""

LONG = "Ada " + "ü" * 2000

ELSEWHERE = (
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "javascript:alert(4711)",
    "/staff//evil.example",
    "/staff/day\r\nLocation: https://evil.example",
)

VALUES = (MARKUP, *LINES, *SIGNS, LONG)

ASKED = re.compile(r'request\.(args|form)(?:\.get\(|\[)"(\w+)"')
"""Where a page reads what came with a request."""

OF_DRAWINGS = {"image", "use", "foreignobject", "feimage", "set", "animate", "animatemotion", "animatetransform"}
LOADING = {"iframe", "object", "embed", "base", "link", *OF_DRAWINGS}
"""What loads something, or changes what is drawn; a drawing of ours is made of shapes and words alone."""

OWN_SCRIPTS = {"/staff/staff.js"}
HOMES = ("/", "?", "#", "tel:+", "tel:112", "tel:116117")


def parameters(folder: Path, where: str) -> set[str]:
    """The names of all that the pages of a folder read from an address (`args`) or a `form`."""
    found = (match for each in folder.glob("*.py") for match in ASKED.finditer(each.read_text(encoding="utf-8")))
    return {match[2] for match in found if match[1] == where}


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


IN_THE_MAIL = "cid:"
"""How the address of a picture begins that came with the mail."""


def must_be_inert(page: str, *homes: str) -> Elements:
    """See that nothing in a page runs, loads, or leads anywhere but to `homes`; gives its elements."""
    found = elements(page)
    for tag, attributes in found.found:
        assert tag not in LOADING, tag
        assert tag != "img" or attributes["src"].startswith(IN_THE_MAIL), attributes
        assert tag != "script" or attributes.get("src") in OWN_SCRIPTS, attributes
        assert not [name for name in attributes if name.startswith("on")], attributes
        for name in ("href", "xlink:href", "action", "formaction", "src"):
            if name in attributes and tag != "img":
                must_lead_home(attributes[name], *homes)
        if attributes.get("name") == "next":
            must_lead_home(attributes["value"])
    assert "9422" not in found.text, "a template was made of what somebody typed"
    return found


def must_lead_home(address: str, *homes: str) -> None:
    """See that an address is one of ours, and whatever it says about where to go on as well."""
    assert "\r" not in address
    assert "\n" not in address
    if homes and address.startswith(homes):
        return
    assert address.startswith(HOMES) or address == "", address
    assert not address.startswith(("//", "/\\")), address
    for each in parse_qs(urlsplit(address).query).get("next", []):
        must_lead_home(each)


def must_be_one_mail(content: bytes, headers: set[str], to: str, sender: str) -> EmailMessage:
    """See that a mail has just these headers, one recipient and one sender, and no line that is too long."""
    head, _, body = content.partition(b"\r\n\r\n")
    assert body
    assert head.isascii()
    for line in head.split(b"\r\n"):
        assert len(line) <= 998
        assert not set(line) & set(range(32)), line
    lines = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
    names = [line.partition(b":")[0].decode() for line in lines]
    assert sorted(names) == sorted(headers)
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert [each.addr_spec for each in found["To"].addresses] == [to]
    assert [each.addr_spec for each in found["From"].addresses] == [sender]
    return found


def must_be_one_entry(content: bytes, *, people: int) -> None:
    """See that a calendar holds one entry with the properties that ours have, in lines as they should be."""
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        assert not set(line) & {0, 10, 11, 12, 13}, line
    found = Calendar.from_ical(content)
    [entry] = found.walk("VEVENT")
    assert len(found.walk("VCALENDAR")) == 1
    names = set(entry.keys())
    assert not [name for name in names if name.upper().startswith("X-")], names
    attendees = entry.get("attendee", [])
    assert len(attendees if isinstance(attendees, list) else [attendees]) == people
    for person in filter(None, [entry.get("organizer"), entry.get("attendee")]):
        assert set(person.params) <= {"CN", "ROLE", "PARTSTAT", "RSVP"}
        assert "evil.example" not in str(person)


def entries_in(found: EmailMessage) -> Iterator[bytes]:
    """The calendar entries of a mail."""
    for part in found.walk():
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield content
