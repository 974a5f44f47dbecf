"""Of two translations of the same text one is never seen, so a catalogue has every text once for each context."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

CATALOGUES = sorted(ROOT.glob("s*/**/locale/*/LC_MESSAGES/*.po")) + sorted(ROOT.glob("workers/**/locale/**/*.po"))
ENTRY = re.compile(r'^(?:msgctxt (?P<context>(?:".*"\n)+))?msgid (?P<text>(?:".*"\n)+)', re.MULTILINE)


def texts_in(catalogue: str) -> Counter[tuple[str, str]]:
    return Counter((whole(entry["context"] or ""), whole(entry["text"])) for entry in ENTRY.finditer(catalogue))


def whole(quoted: str) -> str:
    return "".join(line[1:-1] for line in quoted.splitlines())


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT).parents[2]))
def test_no_text_is_translated_twice(path: Path) -> None:
    assert [text for text, times in texts_in(path.read_text()).items() if times > 1] == []


def test_a_text_on_two_lines_is_the_same_and_one_in_another_context_is_not() -> None:
    twice = 'msgid "closed"\nmsgstr "a"\n\nmsgid ""\n"clo"\n"sed"\nmsgstr "b"\n'
    apart = 'msgctxt "alert"\nmsgid "closed"\nmsgstr "a"\n\nmsgid "closed"\nmsgstr "b"\n'
    assert texts_in(twice) == {("", "closed"): 2}
    assert texts_in(apart) == {("alert", "closed"): 1, ("", "closed"): 1}
