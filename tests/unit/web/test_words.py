"""The words of the client's page, and of the staff's, in every language."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.scheduling.staff_pages.routes import FOLDER as STAFF_FOLDER
from services.scheduling.web.pages import FOLDER, first_name
from services.treatment.staff_pages.routes import FOLDER as TREATMENT_STAFF
from services.treatment.web.pages import FOLDER as QUESTIONS
from shared.body_chart.chart import FOLDER as BODY_CHART
from shared.client_web.errors import Back, error_page
from shared.client_web.pages import FOLDER as COMMON_FOLDER
from shared.languages import LANGUAGES
from shared.reports.words import FOLDER as REPORTS
from shared.staff_web.pages import FOLDER as SHARED_FOLDER
from shared.web.words import Words

FOLDERS = {
    "clients": FOLDER,
    "scheduling's staff": STAFF_FOLDER,
    "all staff": SHARED_FOLDER,
    "treatment's staff": TREATMENT_STAFF,
    "all clients": COMMON_FOLDER,
    "body chart": BODY_CHART,
    "questions": QUESTIONS,
    "reports": REPORTS,
}
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
BLANKS = re.compile(r"%\((\w+)\)s")


def msgids(folder: Path) -> set[tuple[str | None, str]]:
    """Each with its context, where it has one."""
    found = extract_from_dir(folder, method_map=METHODS, keywords=KEYWORDS)
    return {(context, forms(message)[0]) for _, _, message, _, context in found}


@pytest.mark.parametrize("folder", list(FOLDERS.values()), ids=list(FOLDERS))
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated_and_no_translation_is_left_over(language: str, folder: Path) -> None:
    with (folder / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = {
            (message.context, forms(message.id)[0]): forms(message.string) for message in read_po(source) if message.id
        }
    assert set(catalogue) == msgids(folder)
    for (_, original), translations in catalogue.items():
        for translated in translations:
            assert translated
            assert set(BLANKS.findall(original)) == set(BLANKS.findall(translated))


def forms(message: Any) -> list[str]:
    """The singular and the plurals of a text."""
    return [message] if isinstance(message, str) else list(message)


@pytest.mark.parametrize(
    ("length", "locale", "said"),
    [
        (timedelta(hours=24), "en", "24 hours"),
        (timedelta(hours=48), "de", "48 Stunden"),
        (timedelta(days=3), "de", "3 Tage"),
        (timedelta(hours=1), "en", "1 hour"),
        (timedelta(minutes=90), "en", "90 minutes"),
        (timedelta(hours=50), "en", "50 hours"),
    ],
)
def test_says_a_length_in_the_largest_unit_that_it_fills(length: timedelta, locale: str, said: str) -> None:
    assert Words(Locale.parse(locale)).span(length) == said


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "Tuesday, November 24"), ("en_GB", "Tuesday, 24 November"), ("de_AT", "Dienstag, 24. November")],
)
def test_leaves_the_year_out_of_a_day_that_is_near(locale: str, said: str) -> None:
    assert Words(Locale.parse(locale)).near_day(date(2026, 11, 24)) == said


def test_names_the_zone_of_an_hour_that_the_clock_shows_twice() -> None:
    words = Words(Locale.parse("de"))
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert words.clock(twice) == "02:30 MESZ"
    assert words.clock(twice.replace(fold=1)) == "02:30 MEZ"
    assert words.clock(twice.replace(hour=3)) == "03:30"


@pytest.mark.parametrize(
    ("name", "first"), [("Ada Demo", "Ada"), ("Dr. med. Ada Demo", "Ada"), ("  ", ""), ("Ada", "Ada")]
)
def test_greets_by_the_first_name_alone(name: str, first: str) -> None:
    assert first_name(name) == first


def test_an_error_that_belongs_to_nobody_is_said_in_every_language() -> None:
    page = error_page(404)
    assert "This link does not work" in page
    assert "Dieser Link funktioniert nicht" in page
    assert page.count("<h1>") == len(LANGUAGES)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 415, 422, 429, 500, 503])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_says_what_to_do(status: int, language: str) -> None:
    page = error_page(status, Back(language, "/l/demo.token", "Zurück"))
    assert f'lang="{language}"' in page
    assert page.count("<h1>") == 1
    assert "/l/demo.token" in page


def test_what_the_visit_is_for_has_no_place_on_the_page() -> None:
    shown = {name for file in (FOLDER / "templates").glob("*.html") for name in re.findall(r"\w+", file.read_text())}
    assert shown.isdisjoint({"offering", "offering_name", "diagnosis", "treatment", "therapy", "pain", "reason"})
