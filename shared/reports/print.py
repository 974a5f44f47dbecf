"""A report as PDF, and a figure as a picture for mail: set in the type that is kept here, the same bytes everywhere."""

from dataclasses import asdict
from functools import cache

import msgspec
import typst

from shared.reports.document import Report
from shared.reports.figures.figure import Figure
from shared.reports.shown import shown
from shared.reports.words import FOLDER, Words

DOTS_PER_INCH = 144
"""Sharp on screens that show two dots for one."""

ONE_PICTURE = b"""
#set page(width: 720pt, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 720pt)
"""


@cache
def fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER / "fonts"])


def pdf(report: Report, words: Words, whose: str) -> bytes:
    """Tagged for screen readers, dated by what was known and not by when it was made."""
    document = asdict(shown(report, words, whose)) | {
        "words": {
            "number": words.gettext("Number"),
            "value": words.gettext("Value"),
            "interval": words.gettext("Interval"),
            "made_of": words.gettext("Made of"),
            "left_out": words.gettext("Left out"),
            "numbers": words.gettext("The same in numbers"),
        }
    }
    inputs = {"report": msgspec.json.encode(document, enc_hook=sorted).decode()}
    known_at = report.as_of.at.replace(microsecond=0)
    made = typst.compile(FOLDER / "report.typ", format="pdf", font_paths=fonts(), sys_inputs=inputs, timestamp=known_at)
    return one(made)


def png(figure: Figure) -> bytes | None:
    """1440 dots wide; None when there is nothing to draw."""
    if figure.svg is None:
        return None
    made = typst.compile(
        ONE_PICTURE, format="png", ppi=DOTS_PER_INCH, font_paths=fonts(), sys_inputs={"svg": figure.svg}
    )
    return one(made)


def one(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("Typst gave no single file")
    return made
