"""Lists by keyset: a page goes on after the last key of the page before, whatever was added meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from marshmallow import Schema, fields, validate

from shared.http.fields import StrictSchema
from shared.http.problems import BadFields

Key = TypeVar("Key")
MOST = 500


class PageQuery(StrictSchema):
    """`limit` items after `cursor`, which is the `next` of the page before."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))


def page_of(item: type[Schema], base: type[Schema] = Schema) -> Schema:
    """The schema of a page of items, with what `base` has; `next` is null on the last page."""
    name = item.__name__.removesuffix("Schema")
    members: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(allow_none=True),
    }
    return base.from_dict(members, name=f"{name}PageSchema")()


def cursor_of(*key: Any) -> str:
    """A page's last key as an opaque cursor."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(cursor: str | None, shape: type[Key]) -> Key | None:
    """The key in a cursor, of the given tuple type; BadFields when it is none of ours."""
    if cursor is None:
        return None
    try:
        key = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, msgspec.MsgspecError) as error:
        raise not_ours() from error
    if isinstance(key, tuple) and any(isinstance(part, str) and "\0" in part for part in key):
        raise not_ours()  # the database takes no NUL, and no key of ours has one
    return key


def not_ours() -> BadFields:
    return BadFields(cursor=["This is not a cursor of this list."])


def page(rows: Sequence[Any], limit: int, key: Callable[[Any], tuple[Any, ...]]) -> dict[str, Any]:
    """The page out of up to `limit` + 1 rows."""
    shown = rows[:limit]
    following = cursor_of(*key(shown[-1])) if len(rows) > limit else None
    return {"items": shown, "next": following}
