"""The files and pictures of a letter about reports: no more than LARGEST bytes, made within PATIENCE, or left out.

What is left out stays behind the link, and the letter goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from uuid import UUID

from services.treatment.caseload_reports.routes import name_of
from shared.reports.document import Report
from shared.reports.figures.drawn import figures
from shared.reports.print import pdf, png
from shared.reports.spreadsheet import spreadsheet
from shared.reports.typesetting import NotSet
from shared.reports.words import Words

MOST_FIGURES = 3
FILES = 2
"""Of each report."""

LARGEST = 6 * 1024 * 1024
"""Bytes of files and pictures together; on the wire a mail is a third longer."""

PATIENCE = 4.0
"""Seconds for all of them: whoever sends the letter does not wait much longer for the answer."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    file_name: str
    title: str
    content: bytes


def enclosed(
    reports: Sequence[Report], words: Words, whose: Mapping[UUID, str]
) -> tuple[Sequence[Enclosed], Sequence[Enclosed]]:
    """Each report as PDF and CSV as long as there is room, and the first figures of the first that comes along.

    `whose` has the names that stand on paper, by scope.
    """
    room, until = LARGEST, monotonic() + PATIENCE
    files: list[Enclosed] = []
    pictures: list[Enclosed] = []
    pictured: Report | None = None
    for report in reports:
        both = files_of(report, words, whose.get(report.scope.id, ""), until)
        if (size := length(both)) > room:
            break
        room -= size
        files += both
        pictured = pictured or (report if both else None)
    for picture in islice(drawn(pictured, words, until), MOST_FIGURES) if pictured else ():
        if (size := length([picture])) <= room:
            room -= size
            pictures.append(picture)
    return files, pictures


def files_of(report: Report, words: Words, whose: str, until: float) -> Sequence[Enclosed]:
    """PDF and CSV, or neither where it cannot be set in time."""
    try:
        paper = pdf(report, words, whose, until - monotonic())
    except NotSet:
        return ()
    name = name_of(report)
    return Enclosed(f"{name}.pdf", "PDF", paper), Enclosed(f"{name}.csv", "CSV", spreadsheet(report))


def drawn(report: Report, words: Words, until: float) -> Iterator[Enclosed]:
    for figure in figures(report, words):
        with suppress(NotSet):
            if (content := png(figure, until - monotonic())) is not None:
                yield Enclosed(f"{figure.code}-{report.hash[:12]}.png", figure.title, content)


def length(files: Sequence[Enclosed]) -> int:
    return sum(len(each.content) for each in files)
