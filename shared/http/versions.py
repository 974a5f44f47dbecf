"""The version that a caller has seen, as the entity tag of If-Match."""

import re

from flask import request

from shared.decider import VersionMismatch
from shared.http.problems import Problem

TAG_PATTERN = r'^(\*|(W/)?"?[0-9]{1,9}"?)$'
"""Our entity tags, also as a proxy weakens them, and `*`; people forget the quotes."""


def version_seen() -> int | None:
    """The stream version in If-Match; None when any will do: without the header, and for `*`.

    Raises VersionMismatch for a weak tag, which by RFC 9110 (13.1.1) never matches here.
    """
    tag = request.headers.get("If-Match", "*").strip()
    if not re.fullmatch(TAG_PATTERN, tag, re.ASCII):
        raise Problem(400, "bad_if_match", 'An If-Match header holds one of our entity tags, like "3".')
    if tag.startswith("W/"):
        raise VersionMismatch
    return None if tag == "*" else int(tag.strip('"'))
