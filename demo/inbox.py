"""The tour's steps in the client's mailbox: what comes, when it comes, and that nothing comes that should not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from demo.chain import CONFIRMATION_WAIT_SECONDS
from demo.guest import Json, Tour, history, starts_at
from demo.mailbox import Entry, Mail
from demo.page import link_in
from demo.story import DoesNotHold
from demo.times import next_reminder

CLOCKS_AGREE = timedelta(seconds=1)


def next_announcement(tour: Tour, known: Sequence[Mail], what: str) -> Mail:
    """The next mail with a calendar entry; a reminder may come in between."""
    ids = {mail.message_id for mail in known}

    def look() -> Mail | None:
        return next((mail for mail in tour.mailbox.mails() if mail.entry and mail.message_id not in ids), None)

    mail = tour.story.wait_for(what, look)
    tour.story.mail(mail)
    return mail


def confirmation(tour: Tour, visit: Json) -> Mail:
    """The mail about a booking. Raises DoesNotHold."""
    tour.story.step("The confirmation arrives, with a calendar entry")
    tour.story.say(
        f"What the desk does is told {CONFIRMATION_WAIT_SECONDS} s later, so that only its last word is told."
    )
    mail = next_announcement(tour, [], "the confirmation")
    entry = entry_of(mail)
    tour.story.holds("it is an invitation (METHOD:REQUEST)", entry.method == "REQUEST", entry.method)
    check_entry(tour, entry, visit)
    tour.story.holds("it has a link to the visit", link_in(mail.text) is not None)
    return mail


def update(tour: Tour, visit: Json, known: Sequence[Mail]) -> Mail:
    """The mail about a move. Raises DoesNotHold."""
    tour.story.step("The update arrives")
    mail = next_announcement(tour, known, "the update")
    entry = entry_of(mail)
    tour.story.holds("it is an invitation again (METHOD:REQUEST)", entry.method == "REQUEST", entry.method)
    check_entry(tour, entry, visit)
    check_succession(tour, known, entry)
    return mail


def cancellation(tour: Tour, visit: Json, known: Sequence[Mail]) -> Mail:
    """The mail about a cancellation. Raises DoesNotHold."""
    tour.story.step("The cancellation arrives")
    mail = next_announcement(tour, known, "the cancellation")
    entry = entry_of(mail)
    tour.story.holds("it takes the entry back (METHOD:CANCEL)", entry.method == "CANCEL", entry.method)
    check_entry(tour, entry, visit)
    check_succession(tour, known, entry)
    return mail


def entry_of(mail: Mail) -> Entry:
    if mail.entry is None:
        raise DoesNotHold(f"“{mail.subject}” carries a calendar entry")
    return mail.entry


def check_entry(tour: Tour, entry: Entry, visit: Json) -> None:
    clinic = tour.clinics[visit["clinic_id"]]
    times = (entry.starts_at, entry.ends_at)
    wanted = (starts_at(visit), datetime.fromisoformat(visit["ends_at"]))
    tour.story.holds("the entry has the visit's times, on the clinic's clock", times == wanted, times)
    tour.story.holds(f"and the clinic's zone, {clinic['time_zone']}", entry.time_zone == clinic["time_zone"])
    tour.story.holds("and its place", clinic["name"] in entry.location, entry.location)


def check_succession(tour: Tour, known: Sequence[Mail], entry: Entry) -> None:
    """That a calendar takes the entry for the same visit, and for newer than all it has had of it."""
    earlier = [mail.entry for mail in known if mail.entry is not None]
    tour.story.holds("it has the same UID", {each.uid for each in earlier} == {entry.uid}, entry.uid)
    highest = max(each.sequence for each in earlier)
    tour.story.holds(f"and a higher SEQUENCE, {entry.sequence} after {highest}", entry.sequence > highest)


def reminder(tour: Tour, visit: Json, moved: Mail) -> None:
    """Wait until a reminder of the visit falls due, and for the mail; `moved` is the last one that set its time.

    Raises DoesNotHold.
    """
    story, due = tour.story, reminder_due(tour, visit)
    when = starts_at(visit)
    story.step("A reminder falls due")
    story.say(f"The visit is at {when:%H:%M}; its first reminder is due at {due.astimezone(when.tzinfo):%H:%M:%S}.")
    due_in = (due - datetime.now(UTC)).total_seconds()
    mail = story.wait_for("the reminder", lambda: first_reminder(after(tour, moved)), due_in=due_in)
    story.mail(mail)
    story.holds("it came when it was due, not before", mail.received_at >= due - CLOCKS_AGREE, mail.received_at)
    check_is_of(tour, mail, visit)


def reminder_due(tour: Tour, visit: Json) -> datetime:
    """When the first reminder of the visit's present time falls due."""
    timed = [each for each in history(tour, visit) if "moved" in each["name"] or "booked" in each["name"]][-1]
    recorded_at = datetime.fromisoformat(timed["recorded_at"])
    due = next_reminder(starts_at(visit), tour.offering["reminder_lead_minutes"], recorded_at)
    if due is None:
        raise DoesNotHold("the visit has a reminder still ahead")
    return due


def check_is_of(tour: Tour, mail: Mail, visit: Json) -> None:
    when, clinic = starts_at(visit), tour.clinics[visit["clinic_id"]]["name"]
    right = f"{when:%H:%M}" in mail.text and clinic in mail.text
    tour.story.holds(f"it speaks of {when:%H:%M} at {clinic}", right, mail.text)


def first_reminder(mails: Sequence[Mail]) -> Mail | None:
    return next((mail for mail in mails if mail.entry is None), None)


def after(tour: Tour, mail: Mail) -> list[Mail]:
    """What came after a mail."""
    mails = tour.mailbox.mails()
    ids = [each.message_id for each in mails]
    return mails[ids.index(mail.message_id) + 1 :]


def look_back(tour: Tour, visit: Json, announcements: Sequence[Mail], moved: Mail) -> None:
    """That nothing came twice, and nothing that should not have come. Raises DoesNotHold."""
    story, mails = tour.story, tour.mailbox.mails()
    story.step("Look back at the mailbox")
    story.lines(f"{mail.received_at.astimezone():%H:%M:%S}  {mail.subject}" for mail in mails)
    ids = [mail.message_id for mail in mails]
    story.holds("no message came twice", len(set(ids)) == len(ids))
    came = [mail.message_id for mail in mails if mail.entry]
    story.holds("each change was announced once, in order", came == [mail.message_id for mail in announcements])
    reminders = [mail for mail in after(tour, moved) if mail.entry is None]
    clock = f"{starts_at(visit):%H:%M}"
    story.holds("no reminder of a time that it had moved from", all(clock in mail.text for mail in reminders))
