"""A text looked for in the files of a local system's folder; the data of its servers are asked of the servers."""

from collections.abc import Iterator
from pathlib import Path

from services.scanning.forms import Forms

PIECE = 1_000_000
OF_SERVERS = ("postgres", "redis")
MAILBOX = "mailbox.jsonl"
"""What was delivered to clients in development: their own mailbox, and no store of ours."""


def found_in(folder: Path, forms: Forms) -> Iterator[tuple[str, int]]:
    """Each file below the folder that holds the text, with the number of places."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] in OF_SERVERS or str(name) == MAILBOX or path.is_symlink() or not path.is_file():
            continue
        if places := count(path, forms):
            yield str(name), places


def in_mailbox(folder: Path, forms: Forms) -> int:
    """How often the outbound mailbox of development has the text."""
    path = folder / MAILBOX
    return count(path, forms) if path.is_file() else 0


def count(path: Path, forms: Forms) -> int:
    """How often a file has the text."""
    with path.open("rb") as file:
        return forms.count_along(iter(lambda: file.read(PIECE), b""))
