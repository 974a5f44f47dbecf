"""What every operation says of itself in the documents of the API, before anybody calls it."""

from typing import Any

from marshmallow import Schema

from shared.http.idempotency import HEADER, KEY_PATTERN
from shared.http.problems import MEDIA_TYPE, ProblemSchema
from shared.http.versions import TAG_PATTERN


def needs_fields(body: type[Schema] | Schema) -> bool:
    """Whether a request without a body cannot be understood."""
    schema = instance(body)
    return bool(schema.many) or any(field.required for field in schema.fields.values())


def documentation(query: Any, *, if_match: bool | None) -> dict[str, Any]:
    """What every operation says of itself; `if_match` is None for those that look at neither header."""
    asked = [{"in": "query", "schema": query}] if query else []
    tag, key = {"type": "string", "pattern": TAG_PATTERN}, {"type": "string", "pattern": KEY_PATTERN}
    headers = [
        {"in": "header", "name": HEADER, "schema": key},
        {"in": "header", "name": "If-Match", "required": if_match, "schema": tag},
    ]
    problem = {"content": {MEDIA_TYPE: {"schema": ProblemSchema}}}
    return {
        "security": [{"bearer": []}],
        "parameters": asked if if_match is None else [*asked, *headers],
        "responses": {"default": {"description": "A problem document (RFC 9457)"} | problem},
    }


def instance(schema: type[Schema] | Schema) -> Schema:
    return schema() if isinstance(schema, type) else schema
