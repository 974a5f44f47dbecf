"""Text as it may stand where a sign that nobody sees would be obeyed: in a header of a mail, in a calendar entry."""

import unicodedata

UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of letters, and separators of lines and paragraphs."""


def visible(text: str) -> str:
    """The text in one line, with a space in the place of what cannot be seen."""
    return " ".join("".join(" " if unicodedata.category(sign) in UNSEEN else sign for sign in text).split())
