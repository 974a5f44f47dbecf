"""The clinical record in a client's archive, as data and as a page: written while it comes, so that nothing heaps up.

What the client fetches by their own link has it, and what is made for the client by those to whom the record is open;
never what a desk hands out, which sees nothing clinical.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZipFile

import msgspec
from babel import Locale

from shared.languages import templates

FOLDER = Path(__file__).parent
IN_MEMORY = 1_000_000
"""Bytes of the page that are held before they go to a file."""

PASSED_BY = frozenset({"client_id", "catalogue", "sequence"})
"""What the page leaves to the data."""

Entry = dict[str, Any]


def add_record(made: ZipFile, locale: Locale, chain_name: str, pages: Iterable[list[Entry]]) -> None:
    """Add `clinical-record.json` and `clinical-record.html` in one pass over the pages."""
    with SpooledTemporaryFile(IN_MEMORY) as page:
        with made.open("clinical-record.json", "w") as data:
            template = templates(FOLDER, locale.language).get_template("clinical-record.html")
            entries = (readable(each) for each in written(data, pages))
            known = {"language": locale.language, "chain_name": chain_name}
            for part in template.generate(**known, entries=entries):
                page.write(part.encode())
        page.seek(0)
        with made.open("clinical-record.html", "w") as target:
            copyfileobj(page, target)


def written(data: IO[bytes], pages: Iterable[list[Entry]]) -> Iterator[Entry]:
    """The entries of all pages, each after it was added to a list in the data."""
    before = b"[\n"
    for page in pages:
        for entry in page:
            data.write(before + msgspec.json.encode(entry))
            before = b",\n"
            yield entry
    data.write(b"\n]\n" if before == b",\n" else b"[]\n")


def readable(entry: Entry) -> Entry:
    """An entry as the page shows it: its day, and what it says that is not empty, by name."""
    said = {
        name.replace("_", " "): value if isinstance(value, str | int) else msgspec.json.encode(value).decode()
        for name, value in entry["content"].items()
        if value not in (None, [], {}, "") and name not in PASSED_BY and not name.endswith("_id")
    }
    return entry | {"on": str(entry["happened_at"] or entry["at"])[:10], "said": said}
