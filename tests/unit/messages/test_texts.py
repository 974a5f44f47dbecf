"""The words of messages in every language."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from shared.duties import StaffLetter
from shared.ids import new_id
from shared.languages import LANGUAGES, locale_of, moment
from tests.support.messages import at, due, letter, recipient, report_notice, staff_notice, visit_shown
from workers.messages import texts
from workers.messages.model import Recipient
from workers.messages.plan import CareKind, Kind, LetterKind
from workers.messages.texts import mail, short_text
from workers.messages.verdict import no_longer_wanted

MESSAGES = Path(texts.__file__).parent
OCCASIONS = ["booked", "moved", "changed", "reassigned", "relocated", "cancelled", None]
BLANKS = re.compile(r"%\((\w+)\)s")


def msgids() -> set[str]:
    methods = [("templates/**.txt", "jinja2"), ("templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(MESSAGES, method_map=methods, keywords={"_": None, "gettext": None})
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    with (texts.FOLDER / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = {str(message.id): str(message.string) for message in read_po(source) if message.id}
    assert set(catalogue) == msgids()
    for original, translated in catalogue.items():
        assert translated
        assert set(BLANKS.findall(original)) == set(BLANKS.findall(translated))


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("de", "de"), ("de-AT", "de_AT"), ("en_GB", "en_GB"), ("fr-FR", "en"), ("", "en"), ("no such", "en")],
)
def test_an_unknown_language_is_answered_in_the_first_one(tag: str, locale: str) -> None:
    assert str(locale_of(tag)) == locale


@pytest.mark.parametrize("kind", [each for each in get_args(LetterKind) if each not in {"erasure", "address_notice"}])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_brings_its_link_until_its_day_and_names_nobody(kind: LetterKind, language: str) -> None:
    to = letter(locale=language)
    row = due(kind=kind, announcement=None, visit_starts_at=None)
    written = mail(row, to)
    for said in (written.text, written.html):
        assert to.link in said
        assert "24" in said
        assert "Demo Chain" in said
    assert "Hello" not in written.text
    short = short_text(row, letter(locale=language, channel="sms"))
    assert to.link in short
    assert len(short) <= 160


HEALTH = ("pain", "muscle", "therap", "treat", "Schmerz", "Muskel", "Therap", "Behandl", "Übung", "exercise")


@pytest.mark.parametrize("kind", get_args(CareKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_about_care_says_whose_it_is_only_where_others_read_and_what_is_wrong_nowhere(
    kind: CareKind, language: str
) -> None:
    row = due(kind=kind, key=f"{kind}:{new_id()}:0", announcement=None, visit_starts_at=None)
    for whose in (None, "A."):
        to = letter(locale=language, whose=whose)
        written = mail(row, to)
        short = short_text(row, replace(to, channel="sms"))
        for said in (written.text, written.html, short):
            assert to.link in said
            assert not any(word in said for word in HEALTH)
        for said in (written.subject, written.text, written.html, short):
            assert ("A." in said) == (whose is not None)
        assert len(short) <= 160


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_says_when_where_and_what_to_do(occasion: str | None, language: str) -> None:
    to = recipient(locale=language)
    letter = mail(due(announcement=occasion), to)
    for said in (letter.text, letter.html):
        assert to.name in said
        assert "24" in said
        assert "Demo Street 1, 10115 Berlin" in said
        assert to.link in said
    assert to.link in short_text(due(announcement=occasion), to)
    assert len(short_text(due(announcement=occasion), to)) <= 160


def test_a_fresh_link_comes_with_few_words_also_of_a_visit_that_is_over() -> None:
    wish = due(kind="link", announcement=None)
    to = recipient(visit_shown(status="fulfilled"), locale="de")
    assert mail(wish, to).subject == "Ihr neuer Link"
    assert "Niemand sonst hat ihn bekommen" in mail(wish, to).text
    assert short_text(wish, to) == f"Demo Chain: Ihr neuer Link: {to.link}"
    assert no_longer_wanted(wish, to) is None


def test_german_reads_german() -> None:
    letter = mail(due(), recipient(locale="de"))
    assert letter.subject == "Ihr Termin am Dienstag, 24. November 2026 um 10:00 Uhr ist gebucht"
    assert "Ihr Termin ist gebucht." in letter.text
    assert "Bestätigen, verschieben oder absagen:" in letter.text


def test_a_cancellation_offers_another_time_instead_of_the_visit() -> None:
    letter = mail(due(announcement="cancelled"), recipient(visit_shown(status="cancelled")))
    assert "Book another time" in letter.text
    assert "Demo Therapist" not in letter.text


@pytest.mark.parametrize(("initiator", "words"), [("client", "as you wished"), ("clinic", "We had to move")])
def test_a_move_says_who_wanted_it(initiator: str, words: str) -> None:
    assert words in mail(due(announcement="moved"), recipient(visit_shown(initiator=initiator))).text


def test_a_change_of_length_says_when_the_visit_ends() -> None:
    changed = due(announcement="changed")
    assert "it now ends at 10:45" in mail(changed, recipient(locale="en-GB")).text
    assert "now ends at 10:45" in short_text(changed, recipient(locale="en-GB"))


def test_names_cannot_bring_markup_into_the_page() -> None:
    hostile = recipient(visit_shown(clinic_name="<script>x</script>"), name="<b>Ana</b>", chain_name="A & B")
    html = mail(due(), hostile).html
    assert "<script>" not in html
    assert "<b>" not in html
    assert "A &amp; B" in html
    assert "<b>Ana</b>" in mail(due(), hostile).text


def test_a_percent_sign_or_a_brace_in_a_name_is_only_a_name() -> None:
    odd = recipient(name="100 %(name)s {{ link }}", chain_name="50 % off")
    assert "Hello 100 %(name)s {{ link }}," in mail(due(), odd).text
    assert short_text(due(), odd).startswith("50 % off: ")


def test_tells_the_clinics_clock_and_names_its_zone_to_a_client_elsewhere() -> None:
    there = moment(at("2026-11-24 10:00", "America/New_York"), "America/New_York", "Europe/Berlin", locale_of("en"))
    assert (there.time, there.zone) == ("10:00 AM", "Eastern Standard Time")
    letter = mail(due(), recipient(time_zone="America/New_York"))
    assert "10:00 AM (Central European Standard Time)" in letter.text


def test_does_not_name_the_zone_where_the_clients_clock_shows_the_same() -> None:
    assert "(" not in mail(due(), recipient(time_zone="Europe/Vienna")).text


def test_text_messages_stay_in_the_short_alphabet() -> None:
    for language in LANGUAGES:
        words = short_text(due(), recipient(locale=language))
        assert words.translate(str.maketrans("", "", "äöüÄÖÜß")).isascii()


def test_what_the_visit_is_for_has_no_place_in_any_message() -> None:
    shown = {name for file in (MESSAGES / "templates").iterdir() for name in re.findall(r"\w+", file.read_text())}
    assert shown.isdisjoint({"offering", "offering_name", "diagnosis", "treatment", "therapy", "pain", "injury"})


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize(("language", "words"), [("en", "visit of Demo Child"), ("de", "Termin von Demo Child")])
def test_who_is_told_of_anothers_visit_reads_who_comes(occasion: str | None, language: str, words: str) -> None:
    to = recipient(visit_shown(client_name="Demo Child", initiator="clinic"), name="Demo Mother", locale=language)
    letter = mail(due(announcement=occasion), to)
    for said in (letter.subject, letter.text, letter.html, short_text(due(announcement=occasion), to)):
        assert words in said
        assert "our visit" not in said
        assert "Ihr Termin" not in said
    assert "Demo Mother" in letter.text
    assert " ." not in letter.text


def family() -> Recipient:
    """A mother, told of the visits of two children; a third visit is cancelled already."""
    children = [
        recipient(
            visit_shown(client_name=f"Demo Child {number}", status=status), link=f"https://demo.example/l/{number}"
        )
        for number, status in ((1, "booked"), (2, "booked"), (3, "cancelled"))
    ]
    return replace(children[0], also=tuple(children[1:]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_confirmation_of_several_visits_lists_those_that_are_booked(language: str) -> None:
    to = replace(family(), locale=language)
    letter = mail(due(), to)
    for said in (letter.text, letter.html, short_text(due(), to)):
        for number in (1, 2):
            assert f"Demo Child {number}" in said
            assert f"https://demo.example/l/{number}" in said
        assert "Demo Child 3" not in said
    assert "2" in letter.subject


def test_of_several_visits_the_one_that_is_left_is_told_like_any_other() -> None:
    both = family()
    left = replace(both, visit=replace(both.visit, status="cancelled"), also=both.also[:1])
    assert mail(due(), left).subject.startswith("The visit of Demo Child 2 on ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_about_reports_says_in_words_all_that_it_shows(language: str) -> None:
    row = due(kind="staff_report", client_id=None, staff_id=new_id(), announcement=None, visit_starts_at=None)
    written = mail(row, report_notice(locale=language))
    for said in (written.text, written.html):
        assert "October 2026" in said
        assert "https://care.demo.example/reports?period=2026-10" in said
        assert said.count("Utilisation by day") == (1 if said is written.text else 2)
        assert all(f"caseload-clinic-2026-10-1234.{kind}" in said for kind in ("pdf", "csv"))
        assert {"en": "the others", "de": "die anderen"}[language] in said
    assert '<img src="cid:utilisation-1234.png@reports" alt="Utilisation by day: ' in written.html
    assert "2026" not in written.subject


@pytest.mark.parametrize("kind", [*get_args(StaffLetter), "address_notice"])
def test_a_notice_has_words_of_its_own_in_both_languages(kind: Kind) -> None:
    row = due(kind=kind, client_id=None, staff_id=new_id(), announcement=None, visit_starts_at=None)
    english, german = (mail(row, staff_notice(locale=locale)) for locale in ("en", "de"))
    assert english.subject != german.subject
    assert "Good day," in english.text
    assert "Guten Tag," in german.text
    assert all(str(staff_notice().link) in each for each in (english.text, german.html))
    without = mail(row, staff_notice(link=None))
    assert "href" not in without.html
    assert "None" not in without.text
