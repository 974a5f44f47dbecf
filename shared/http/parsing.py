"""Bodies are bounded, shallow, strict JSON before any schema sees them."""

import re
from typing import Any

import msgspec
from flask import Request, request
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser

from shared.http.problems import Problem

LARGEST_BODY = 256 * 1024
LARGEST_OF_OURS = 2 * 1024 * 1024
"""What our services send each other, at routes that nobody else may call, carries whole documents."""

FOR_OURS = "/internal/"
DEEPEST = 32
LONGEST_LIST = 1000
STRINGS = re.compile(rb'"(?:[^"\\]|\\.?)*(?:"|\Z)', re.DOTALL)
"""A string, or what is left of one that never ends: so no byte is looked at twice, whatever the body holds."""
BRACKETS = re.compile(rb"[\[\]{}]")


class JsonParser(FlaskParser):
    """Reads a JSON body, refusing with a problem what is not one; unknown query parameters are refused too."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {"json": None, "query": RAISE}  # noqa: RUF012 - as declared there

    def load_json(self, req: Request, schema: Any) -> Any:
        """The decoded body, without any an object without fields; a Problem when the type is another, the JSON is
        broken, nests too deeply or holds an endless list.
        """
        del schema
        body = req.get_data()
        must_be_small(len(body))
        if not body and (req.is_json or not req.content_type):
            return {}
        if not req.is_json:
            raise Problem(415, "not_json", "Send the body as application/json.")
        if depth(body) > DEEPEST:
            raise Problem(400, "too_deep", f"The JSON nests deeper than {DEEPEST} levels.")
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Problem(400, "malformed_json", f"The body is not valid JSON: {error}") from error
        if body.count(b",") >= LONGEST_LIST and longest_list(document) > LONGEST_LIST:
            raise Problem(422, "list_too_long", f"A list has at most {LONGEST_LIST} items.")
        return document


def largest_body() -> int:
    """How many bytes a body may have at this route."""
    return LARGEST_OF_OURS if request.path.startswith(FOR_OURS) else LARGEST_BODY


def must_be_small(length: int) -> None:
    """Refuse a body of so many bytes when it is too large."""
    most = largest_body()
    if length > most:
        raise Problem(413, "too_large", f"A body has at most {most // 1024} KB.")


def depth(body: bytes) -> int:
    """How deeply brackets nest outside of strings."""
    level = deepest = 0
    for bracket in BRACKETS.findall(STRINGS.sub(b"", body)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def longest_list(document: Any) -> int:
    """The length of the longest list anywhere in a decoded body."""
    match document:
        case list():
            return max([len(document), *map(longest_list, document)])
        case dict():
            return max(map(longest_list, document.values()), default=0)
        case _:
            return 0
