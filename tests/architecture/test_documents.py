"""The documents speak of what is there: settings, dependencies, files, commands and targets, all of them by name."""

import re
from pathlib import Path

import click
import pytest

from services.cli import cli
from shared.variables import VARIABLES
from tests.architecture.tree import ROOT, files, read

DOCUMENTS = files("*.md")
OPERATIONS = Path("docs/operations.md")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
IN_CODE = re.compile(r"`([^`\n]+)`")
PART_OF_THE_TREE = re.compile(r"(services|shared|workers|tests|docs|demo|bench|\.requirements)/[\w./*-]*")
COMMAND = re.compile(r"(?<!user )\bsynergist ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
HOSTS = "https?://[^ )`]*"


def variables_in(text: str) -> set[str]:
    return {name.removesuffix("_FILE") for name in re.findall(r"\bSYNERGIST_[A-Z][A-Z_]*[A-Z]\b", text)}


def test_every_setting_has_its_row_in_operations() -> None:
    rows = re.findall(r"^\| `(SYNERGIST_\w+)` \|", read(OPERATIONS), re.MULTILINE)
    assert sorted(rows) == sorted(VARIABLES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_settings_spoken_of_exist(document: Path) -> None:
    assert variables_in(read(document)) <= set(VARIABLES)


def test_every_metric_is_explained_and_every_one_explained_is_there() -> None:
    code = "\n".join(read(path) for path in files("shared/*.py", "services/*.py", "workers/*.py"))
    exposed = {name.removesuffix("_total") for name in re.findall(r'"(synergist_[a-z_]+)"', code)}
    explained = re.findall(r"^\| `(synergist_[a-z_]+)[{`]", read(OPERATIONS), re.MULTILINE)
    assert {name.removesuffix("_total") for name in explained} == exposed


def test_log_lines_spoken_of_are_logged() -> None:
    code = "\n".join(read(path) for path in files("shared/*.py", "services/*.py", "workers/*.py"))
    table = read(OPERATIONS).split("| Log line | Means |", 1)[1].split("\n## ", 1)[0]
    lines = {name for row in re.findall(r"^\| (`.+`) \|", table, re.MULTILINE) for name in IN_CODE.findall(row)}
    assert lines
    assert not [name for name in lines if f'"{name}"' not in code]


@pytest.mark.parametrize("part", ["runtime", "embedded", "development"])
def test_every_dependency_says_why_it_is_here(part: str) -> None:
    lines = read(Path(f".requirements/{part}.in")).splitlines()
    required = {re.split(r"[\[<>=;]", line)[0] for line in lines if line and line[0] not in "#-"}
    section = read(Path("docs/dependencies.md")).split(f"## {part.capitalize()}", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| ([a-z][\w-]*) \|", section, re.MULTILINE)) == required


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_tests_spoken_of_exist(document: Path) -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", read(document)):
        assert f"def {name}(" in read(Path(path)), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    lost = [
        f"{target}#{anchor}"
        for target, anchor in LINK.findall(read(document))
        if not re.match(HOSTS, target) and not leads_somewhere(document, target, anchor)
    ]
    assert not lost


def leads_somewhere(document: Path, target: str, anchor: str) -> bool:
    path = (ROOT / document.parent / target).resolve() if target else ROOT / document
    if not path.exists():
        return False
    return not anchor or anchor in {anchor_of(line) for line in path.read_text(encoding="utf-8").splitlines()}


def anchor_of(line: str) -> str | None:
    """The anchor that a heading gets, as code hosts make it."""
    if not line.startswith("#"):
        return None
    return re.sub(r"[^\w -]", "", line.lstrip("#").strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_files_spoken_of_exist(document: Path) -> None:
    named = {code for code in IN_CODE.findall(read(document)) if PART_OF_THE_TREE.fullmatch(code)}
    assert not [name for name in named if not list(ROOT.glob(name.rstrip("/")))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_commands_spoken_of_exist(document: Path) -> None:
    text = read(document)
    assert not [words for words in COMMAND.findall("\n".join(commands_in(text))) if not is_command(words.split())]


def commands_in(text: str) -> list[str]:
    """What stands in code: between backticks, in fences, or indented."""
    fenced = re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)
    indented = [line for line in text.splitlines() if line.startswith("    ")]
    return [*IN_CODE.findall(text), *fenced, *indented]


def is_command(words: list[str]) -> bool:
    group: click.Command = cli
    for word in words:
        if not isinstance(group, click.Group):
            return True
        found = group.get_command(click.Context(group), word)
        if found is None:
            return False
        group = found
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_targets_spoken_of_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", read(Path("Makefile")), re.MULTILINE))
    assert {name for code in commands_in(read(document)) for name in re.findall(r"^make ([a-z]+)", code)} <= targets
