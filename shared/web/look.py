"""The one look of all pages: a style sheet that stands in the page itself, so that no page asks for a second file."""

from functools import lru_cache
from pathlib import Path

SHEET = Path(__file__).with_name("style.css")


@lru_cache
def style() -> str:
    """The style sheet that every page carries."""
    return SHEET.read_text(encoding="utf-8")
