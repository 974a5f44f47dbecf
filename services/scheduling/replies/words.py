"""What a client's own words mean: a word that confirms or declines when it stands alone, everything else is text."""

import re
from typing import Literal

Meaning = Literal["confirmed", "declined", "stop", "start", "text"]

CONFIRMING = frozenset(
    {"c", "1", "ja", "yes", "y", "j", "confirm", "confirmed", "bestätigt", "bestätigen", "bestätige"}
)
DECLINING = frozenset({"no", "nein", "n", "cancel", "decline", "declined", "absagen", "absage"})
STOPPING = frozenset({"stop", "stopp", "stopall", "unsubscribe", "end", "quit", "abmelden"})
RESUMING = frozenset({"start", "unstop"})
QUOTED = re.compile(r"^\s*>|^-{2,}\s*$|^_{5,}$|^-+ ?(original|ursprüngliche)", re.IGNORECASE)
INTRODUCES_QUOTE = re.compile(r"^(on|am)\b.*(wrote|schrieb)\b.*:?\s*$|^(from|von):\s", re.IGNORECASE)
LONGEST = 2000


def own_words(text: str) -> str:
    """What stands above whatever was quoted, at most LONGEST letters."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if QUOTED.search(line) or INTRODUCES_QUOTE.search(line.strip()):
            break
        lines.append("".join(sign if sign.isprintable() else " " for sign in line).rstrip())
    return "\n".join(lines).strip()[:LONGEST].strip()


def meaning(words: str) -> Meaning:
    """The first line decides, when it is one of the words and nothing but a name or a greeting follows."""
    first, *others = [line for line in words.split("\n") if line.strip()] or [""]
    word = first.strip().strip("\"'«»„“”.!,;:)( ").casefold()
    if len("".join(others)) > LONGEST_SIGNATURE:
        return "text"
    if word in CONFIRMING:
        return "confirmed"
    if word in DECLINING:
        return "declined"
    if word in RESUMING:
        return "start"
    return "stop" if word in STOPPING else "text"


LONGEST_SIGNATURE = 120
"""More than this below a word is a message of its own."""
