"""Pages as a client reads them: complete without script, picture or second request, in the client's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from babel import Locale

from services.scheduling.web.forms import Wish, short
from services.scheduling.web.model import Choice, Time
from services.scheduling.web.visit import Visit
from shared.calendar_entry import Entry, calendar
from shared.client_web.pages import rendered
from shared.events.scheduling_contacts import Purpose as Purposes
from shared.languages import locale_of, moment, translations

FOLDER = Path(__file__).parent
Purpose = Literal["move", "again"]
TIME_TAKEN = frozenset({"therapist_taken", "room_taken", "travel_too_short", "time_taken"})


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a chosen time cannot be had, by code, and the nearest that can."""

    code: str
    nearest: Sequence[Time]

    @property
    def is_taken(self) -> bool:
        return self.code in TIME_TAKEN


def visit_page(visit: Visit, now: datetime, base: str, said: str | None) -> str:
    """The visit and what can be done about it; `said` is what the client has just done."""
    return page("visit.html", visit, base, stage=visit.stage(now), said=said)


def cancel_page(visit: Visit, now: datetime, base: str) -> str:
    """The question whether to cancel, with a warning when it is late."""
    return page("cancel.html", visit, base, late=visit.is_late(now))


def messages_page(visit: Visit, base: str, purposes: Mapping[Purposes, bool], said: str | None) -> str:
    """For what the holder may be written to, with a button to change each."""
    return page("messages.html", visit, base, purposes=purposes, said=said)


def export_page(visit: Visit, base: str, said: str | None) -> str:
    """How the holder may have everything that is known about them."""
    return page("export.html", visit, base, said=said)


def times_page(
    visit: Visit, now: datetime, base: str, *, purpose: Purpose, found: Choice, refused: Refused | None
) -> str:
    """Free times, each a button, to `move` the visit or to book `again`."""
    moving = purpose == "move"
    return page(
        "times.html",
        visit,
        base,
        here=f"{base}/{purpose}",
        moving=moving,
        late=moving and visit.is_late(now),
        found=found,
        refused=refused,
        value=lambda time: str(Wish(*time.slot[:3])),
        short=short,
        zone_unlike=lambda times, zone: zone_unlike(times, zone, locale_of(visit.locale)),
    )


def zone_unlike(times: Iterable[Time], zone: str, locale: Locale) -> str | None:
    """The name of the zone in which times are shown, where a clock in `zone` shows others."""
    first = next(iter(times), None)
    return moment(first.slot.starts_at, first.clinic.time_zone, zone, locale).zone if first else None


def page(template: str, visit: Visit, base: str, **values: Any) -> str:
    locale = locale_of(visit.locale)
    starts = moment(visit.starts_at, visit.time_zone, visit.holder_zone, locale)
    ends = moment(visit.ends_at, visit.time_zone, visit.holder_zone, locale)
    known = {"visit": visit, "base": base, "starts": starts, "ends": ends, "first_name": first_name(visit.holder_name)}
    return rendered(FOLDER, template, locale, chain_name=visit.chain_name, **known, **values)


def calendar_file(visit: Visit, now: datetime, link: str) -> bytes:
    """The visit for the client's own calendar: the same entry as the one in the mails."""
    gettext = translations(FOLDER, locale_of(visit.locale).language).gettext
    town = f"{visit.address['postal_code']} {visit.address['city']}".strip()
    entry = Entry(
        visit_id=visit.id,
        version=visit.version,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        time_zone=visit.time_zone,
        summary=gettext("Visit at %(clinic)s") % {"clinic": visit.clinic_name},
        location=", ".join(part for part in (visit.clinic_name, visit.address["line"], town) if part),
        latitude_e6=visit.latitude_e6,
        longitude_e6=visit.longitude_e6,
        link=link,
    )
    return calendar("PUBLISH", entry, entry.event(now))


def first_name(name: str) -> str:
    """The first word of a name that is not a title such as `Dr.`, or an initial; empty for an empty name."""
    return next((word for word in name.split() if len(word) == len("A.") or not word.endswith(".")), "")
