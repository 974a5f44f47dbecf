"""The calendar part of a message: an announcement puts a visit into the client's calendar, moves it or takes it out."""

from dataclasses import dataclass
from datetime import datetime

from icalendar import vCalAddress, vText

from shared.calendar_entry import Entry, calendar
from shared.languages import locale_of, translations
from shared.visible import visible
from workers.messages.model import Due, Message, Recipient
from workers.messages.texts import FOLDER, place


@dataclass(frozen=True, slots=True)
class Invitation:
    """The entry's bytes, and the method that its MIME part must name as well."""

    method: str
    content: bytes


def invitations(due: Due, recipient: Message, sender: str, now: datetime) -> tuple[Invitation, ...]:
    """One entry for each visit that the message announces; a calendar answers where that visit's answers are read."""
    if not isinstance(recipient, Recipient):
        return ()
    found = (invitation(due, each, each.reply_to or sender, now) for each in (recipient.together or (recipient,)))
    return tuple(each for each in found if each is not None)


def invitation(due: Due, recipient: Recipient, organizer: str, now: datetime) -> Invitation | None:
    """The entry that an announcement carries; None for a reminder, whose visit is in the calendar already.

    `organizer` is where the calendar sends its answer: the address that is read, else the one it comes from.
    """
    if due.announcement is None:
        return None
    method = "CANCEL" if due.announcement == "cancelled" else "REQUEST"
    shown = entry(recipient, cancelled=method == "CANCEL")
    event = shown.event(now)
    event.add("organizer", person(organizer, recipient.chain_name))
    event.add("attendee", attendee(recipient, answerable=recipient.reply_to is not None))
    return Invitation(method, calendar(method, shown, event))


def entry(recipient: Recipient, *, cancelled: bool) -> Entry:
    visit = recipient.visit
    words = translations(FOLDER, locale_of(recipient.locale).language)
    summary = (
        words.gettext("Visit at %(clinic)s") if visit.client_name is None else words.gettext("%(who)s at %(clinic)s")
    )
    return Entry(
        visit_id=visit.id,
        version=visit.version,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        time_zone=visit.time_zone,
        summary=summary % {"clinic": visit.clinic_name, "who": visit.client_name},
        location=f"{visit.clinic_name}, {place(visit.address)}",
        latitude_e6=visit.latitude_e6,
        longitude_e6=visit.longitude_e6,
        link=recipient.link,
        cancelled=cancelled,
    )


def person(address: str, name: str) -> vCalAddress:
    mailbox = vCalAddress(f"mailto:{address}")
    mailbox.params["CN"] = vText(visible(name).replace('"', "'"))
    return mailbox


def attendee(recipient: Recipient, *, answerable: bool) -> vCalAddress:
    """The client: asked to answer where answers are read, else one who accepted by booking."""
    mailbox = person(recipient.address if recipient.channel == "email" else "", recipient.name)
    mailbox.params["ROLE"] = vText("REQ-PARTICIPANT")
    mailbox.params["PARTSTAT"] = vText("NEEDS-ACTION" if answerable else "ACCEPTED")
    mailbox.params["RSVP"] = vText("TRUE" if answerable else "FALSE")
    return mailbox
