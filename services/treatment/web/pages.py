"""Pages as a client reads them: complete without script, picture or second request, in the client's language."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from services.treatment.alerts.rules import RED_FLAGS
from services.treatment.web import chart
from services.treatment.web.check_in import Question
from services.treatment.web.forms import LONGEST_NOTE, mark
from services.treatment.web.homework import AtHome
from services.treatment.web.safety import level
from shared.client_web.pages import rendered
from shared.languages import locale_of
from shared.steps.words import exercise_name, technique_name
from shared.web.look import style

FOLDER = Path(__file__).parent


@lru_cache
def plain_sheet() -> str:
    """The style of the pages without a picture."""
    return style() + (FOLDER / "templates" / "page.css").read_text(encoding="utf-8")


@lru_cache
def chart_sheet() -> str:
    """The style of the page with the body chart."""
    return plain_sheet() + chart.sheet()


def sheets() -> tuple[str, ...]:
    """All of them, with that of errors."""
    return style(), plain_sheet(), chart_sheet()


def question_page(question: Question, base: str, said: str | None) -> str:
    """The eleven buttons, or what was answered and what else may be said; `said` is what has just been done."""
    reader, answered = question.reader, question.check_in.said
    locale = locale_of(reader.locale)
    template = {"open": "question.html", "answered": "answered.html", "over": "over.html"}[question.stage]
    sheet = chart_sheet() if question.stage == "answered" else plain_sheet()
    known: dict[str, Any] = {
        "seen": mark(question.check_in.id),
        "answer": answered,
        "level": level(answered.red_flags) if answered else None,
        "question": question,
        "safety": question.safety,
        "flags": RED_FLAGS,
        "chart": chart,
        "longest_note": LONGEST_NOTE,
    }
    return rendered(
        FOLDER,
        template,
        locale,
        chain_name=reader.chain_name,
        whose=reader.whose,
        style=Markup(sheet),  # noqa: S704 - our own files
        base=base,
        said=said,
        **known,
    )


def homework_page(at_home: AtHome, base: str, said: str | None) -> str:
    """The pairs and three buttons for today, for each homework, or that there is nothing more to do."""
    return rendered(
        FOLDER,
        "homework.html",
        locale_of(at_home.reader.locale),
        chain_name=at_home.reader.chain_name,
        whose=at_home.reader.whose,
        style=Markup(plain_sheet()),  # noqa: S704 - our own files
        base=base,
        said=said,
        at_home=at_home,
        mark=mark,
        technique_name=technique_name,
        exercise_name=exercise_name,
    )
