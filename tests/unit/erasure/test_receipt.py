"""The receipt of an erasure has words of its own for every class and store, in every language."""

from datetime import date
from uuid import UUID

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.scheduling.erasure.rules import CLASSES
from services.scheduling.erasure.stores import DELETED, EMPTIED
from shared.erasure_receipt.receipt import FOLDER, Emptied, Erased, KeptOn, receipt
from shared.erasure_stores import OF_FOLLOWERS
from shared.languages import LANGUAGES

STORES = sorted({*EMPTIED, *DELETED, *(store for stores in OF_FOLLOWERS.values() for store in stores)})
ALL = Erased(
    number=UUID(int=1),
    on=date(2027, 3, 1),
    classes=("contact",),
    stores=tuple(Emptied(store=store, rows=3) for store in STORES),
    kept=tuple(KeptOn(data_class=each, until=date(2037, 3, 2), years=10) for each in CLASSES),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_store_and_class_is_named_in_words(language: str) -> None:
    made = receipt(language, "Demo Chain", ALL)
    lines = [line[2:] for line in made.text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(set(lines)) == len(STORES) + 1 + 1 + len(CLASSES)
    assert not [
        line for line in lines if line.removesuffix(": 3") in {"other lists in which you were", *STORES, *CLASSES}
    ]
    for said in (made.text, made.html):
        assert "2037" in said
        assert "Demo Chain" in said


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated(language: str) -> None:
    methods = [(f"**/templates/**.{end}", "jinja2.ext:babel_extract") for end in ("html", "txt")]
    found = {message for _, _, message, _, _ in extract_from_dir(str(FOLDER), methods)}
    with (FOLDER / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = {message.id for message in read_po(source) if message.id and message.string}
    assert catalogue == found


def test_what_a_chain_calls_itself_stays_text() -> None:
    assert "<script" not in receipt("en", "<script>alert(1)</script>", ALL).html
