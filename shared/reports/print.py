"""A report as PDF, and a figure as a picture for mail: set in the type that is kept here, the same bytes everywhere."""

from dataclasses import asdict
from functools import cache

import msgspec
import typst

from shared.reports.document import Report
from shared.reports.figures.figure import Figure
from shared.reports.shown import shown
from shared.reports.typesetting import LONGEST, typeset
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


def pdf(report: Report, words: Words, whose: str, within: float = LONGEST) -> bytes:
    """Tagged for screen readers, dated by what was known and not by when it was made.

    Raises NotSet, at the latest after so many seconds.
    """
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
    return typeset(
        within,
        input=FOLDER / "report.typ",
        format="pdf",
        font_paths=fonts(),
        sys_inputs=inputs,
        timestamp=known_at,
    )


def png(figure: Figure, within: float = LONGEST) -> bytes | None:
    """1440 dots wide; None when there is nothing to draw. Raises NotSet as `pdf`."""
    if figure.svg is None:
        return None
    return typeset(
        within,
        input=ONE_PICTURE,
        format="png",
        ppi=DOTS_PER_INCH,
        font_paths=fonts(),
        sys_inputs={"svg": figure.svg},
    )
