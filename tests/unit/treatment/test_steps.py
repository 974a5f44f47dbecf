"""Words for techniques and exercises: the same for either spelling of a code, and none missing in a language."""

import pytest

from shared.languages import LANGUAGES
from shared.steps.words import EXERCISES, TECHNIQUES, Names, exercise_name, technique_name


def test_every_word_is_there_in_every_language() -> None:
    assert set(Names._fields) == set(LANGUAGES)
    for names in (*TECHNIQUES.values(), *EXERCISES.values()):
        assert all(names)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("sustained-pressure", "en", "sustained pressure"),
        ("sustained_pressure", "de", "anhaltender Druck"),
        ("grandmas-rolling-pin", "de", "grandmas rolling pin"),
    ],
)
def test_a_technique_is_named_in_the_readers_words(code: str, language: str, name: str) -> None:
    assert technique_name(code, language) == name


def test_one_code_may_be_a_technique_and_an_exercise() -> None:
    assert technique_name("breathing", "en") != exercise_name("breathing", "en")
