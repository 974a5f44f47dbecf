"""What stands on a PDF, as a program reads it that knows nothing of how it was set."""

import re
import zlib
from collections.abc import Iterator, Mapping

OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
CONTENTS = re.compile(rb"/Contents (\d+) 0 R")
RESOURCES = re.compile(rb"/Resources (\d+) 0 R")
UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
TOKEN = re.compile(rb"/f\d+ [\d.]+ Tf|\(")
BRACKET = re.compile(rb"\\.|[()]", re.DOTALL)
SET = re.compile(rb"\nBT (.*?)\nET\n", re.DOTALL)
SIGN = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def words_on(pdf: bytes) -> str:
    """All text in the order in which it is set; what stands apart on paper may stand together here."""
    objects = {int(number): content for number, content in OBJECT.findall(pdf)}
    pages = (content for content in objects.values() if b"/Type/Page/" in content)
    return "".join(text for page in pages for text in texts(page, objects))


def opened(content: bytes) -> bytes:
    found = STREAM.search(content)
    stream = found[1] if found else b""
    return zlib.decompress(stream) if b"/FlateDecode" in content else stream


def linked(to: re.Pattern[bytes], content: bytes, objects: Mapping[int, bytes]) -> bytes:
    found = to.search(content)
    assert found
    return objects[int(found[1])]


def letters_of(objects: Mapping[int, bytes], font: bytes) -> Mapping[int, str]:
    """What the glyphs of a font stand for."""
    table = opened(linked(UNICODE, font, objects))
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in LETTER.findall(table)}


def texts(page: bytes, objects: Mapping[int, bytes]) -> Iterator[str]:
    fonts = FONT.findall(linked(RESOURCES, page, objects))
    letters = {name: letters_of(objects, objects[int(number)]) for name, number in fonts}
    font = b""
    for token in tokens(b"".join(SET.findall(opened(linked(CONTENTS, page, objects))))):
        if not token.startswith(b"("):
            font = token[1:].split()[0]
            continue
        glyphs = SIGN.sub(sign, token[1:-1])
        for at in range(0, len(glyphs), 2):
            yield letters[font][int.from_bytes(glyphs[at : at + 2], "big")]


def tokens(page: bytes) -> Iterator[bytes]:
    """Each choice of a font, and each string; within one, brackets are signs where each that opens is closed."""
    at = 0
    while found := TOKEN.search(page, at):
        at = found.end()
        if found[0] == b"(":
            depth = 1
            while depth:
                bracket = BRACKET.search(page, at)
                assert bracket
                depth += {b"(": 1, b")": -1}.get(bracket[0], 0)
                at = bracket.end()
        yield page[found.start() : at]


def sign(found: re.Match[bytes]) -> bytes:
    """What a backslash stands for in a string."""
    said = found[1]
    return bytes([int(said, 8)]) if said[:1].isdigit() else NAMED.get(said, said)
