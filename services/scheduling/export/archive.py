"""One ZIP for a client: data that explain themselves, and the same as a page that needs nothing but a browser."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import msgspec

from services.scheduling.export.record import Entry, add_record
from shared.events import EVENTS, PERSONAL
from shared.languages import locale_of, templates
from shared.web.words import Words

FOLDER = Path(__file__).parent
FORMAT = "synergist client export"
VERSION = 1

EXPLAINED = {
    "format": "What this file is; `version` changes when its shape does.",
    "lacks": "What we keep about you and this archive does not have. `clinical_record`: what was recorded of your"
    " treatment. It is in the archive that you fetch by the link which we send to your address, or that your therapist"
    " makes for you, as clinical-record.json and clinical-record.html. Ask your clinic for either.",
    "made_at": "When it was made. All times are RFC 3339, in UTC.",
    "ids": "The numbers under which we know you; several when two records turned out to be yours.",
    "person": "Who you are, once for each number: names, birth date, language, time zone, wishes for messages.",
    "contact_points": "Your addresses, also those no longer used: where we learnt them (`source`), how they are known"
    " to be yours (`verified`), and why nothing is sent there (`blocked`).",
    "permissions": "For what we may write to you, by channel, and how you said so (`source`).",
    "relations": "Who may act for you, and for whom you may; what (`may`), until when. `client_id` is whom it is for.",
    "visits": "Your visits, past and to come. `time_zone` is that of the clinic.",
    "messages": "What providers reported of messages to you: that they arrived, or their word for why not (`failed`).",
    "history": "Everything that was recorded, in the words of the system: `what` happened, `at` which time, `by` whom"
    " (a role), by which `way`, and its `content`, with reasons and notes as they were entered.",
    "accesses": "Who (by role) looked at your data, for which purpose, the newest first: at who you are, your addresses"
    " and visits (`visits_and_contacts`), and at your clinical record (`clinical_record`). Of each the newest 10,000.",
}


def archive(chain_name: str, found: dict[str, Any], record: Iterable[list[Entry]] | None = None) -> bytes:
    """The ZIP with `export.json` and `export.html`, the page in the client's language.

    With pages of the clinical record it has that as well; without, it says so.
    """
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as made:
        made.writestr("export.json", document(found, lacks=[] if record is not None else ["clinical_record"]))
        made.writestr("export.html", page(chain_name, found, with_record=record is not None))
        if record is not None:
            add_record(made, locale_of(found["person"][0]["locale"]), chain_name, record)
    return content.getvalue()


def document(found: dict[str, Any], *, lacks: list[str]) -> bytes:
    """The data, readable for a machine and for a person."""
    says = {"format": FORMAT, "version": VERSION, "lacks": lacks, "explained": EXPLAINED}
    return msgspec.json.format(msgspec.json.encode(says | found), indent=2)


def page(chain_name: str, found: dict[str, Any], *, with_record: bool) -> str:
    """The same in short, to be read; every value is escaped."""
    locale = locale_of(found["person"][0]["locale"])
    return (
        templates(FOLDER, locale.language)
        .get_template("export.html")
        .render(
            language=locale.language,
            words=Words(locale),
            chain_name=chain_name,
            found=found,
            with_record=with_record,
            visits=[visit | at_clinic(visit) for visit in found["visits"]],
            notes=[note for entry in found["history"] for note in notes_in(entry)],
        )
    )


def at_clinic(visit: dict[str, Any]) -> dict[str, Any]:
    """The visit's start on the clock of its clinic."""
    return {"starts_at": visit["starts_at"].astimezone(ZoneInfo(visit["time_zone"]))}


def notes_in(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """What was written about a client in words of somebody's own."""
    marks = PERSONAL[EVENTS[entry["what"]]]
    written = (name for name, mark in marks.items() if mark.data_class != "identity" and name != "address")
    texts = (entry["content"][name] for name in written)
    return [{"on": entry["at"].date(), "text": each} for each in texts if each]
