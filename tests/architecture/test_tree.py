"""The tree is as the design says: its top level, its modules' opening sentences, and nothing of anybody's machine."""

import ast
import re

from tests.architecture.tree import files, read

TOP_LEVEL = {
    "services",
    "shared",
    "workers",
    "tests",
    "bench",
    "docs",
    "demo",
    ".requirements",
    "docker-compose.yml",
    "Dockerfile",
    "Makefile",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    ".ci",
    ".dockerignore",
    ".gitignore",
    ".pre-commit-config.yaml",
}

# Written in pieces, so that this file does not match itself.
OF_ONE_MACHINE = {
    "a path of one machine": re.compile(r"(?<![\w.}])/" + r"(work|home|Users)/\w"),
    "a package registry": re.compile(r"pypi\." + r"org|python" + r"hosted|npm" + r"js\.(org|com)|index" + r"-url"),
}
IN_BINARY = {".mo", ".otf", ".png", ".ico", ".woff2"}


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    assert {path.parts[0] for path in files()} <= TOP_LEVEL


def test_every_module_opens_with_a_sentence() -> None:
    silent = [str(path) for path in files("*.py") if not opens_with_a_sentence(ast.parse(read(path)))]
    assert not silent


def opens_with_a_sentence(module: ast.Module) -> bool:
    opening = (ast.get_docstring(module) or "").split("\n\n")[0]
    return opening.endswith((".", "!", ":", ")", "`")) or not module.body


def test_no_file_names_a_machine_or_a_registry() -> None:
    texts = {path: read(path) for path in files() if path.suffix not in IN_BINARY}
    found = {
        f"{path}: {what}, {match.group()}"
        for path, text in texts.items()
        for what, pattern in OF_ONE_MACHINE.items()
        if (match := pattern.search(text))
    }
    assert not found
