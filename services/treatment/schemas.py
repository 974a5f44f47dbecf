"""What the APIs of clients' records have in common: words of a choice, and the moment that a question is about."""

import re
from datetime import datetime
from typing import Any, get_args

from marshmallow import fields, validate

from shared.http.fields import Instant, StrictSchema, personal
from shared.http.paging import PageQuery

CLINICAL = personal("clinical")
POSITION = re.compile(r"[0-9]{1,18}")


def one_of(choices: Any, **kwargs: Any) -> fields.String:
    """One of the words of a Literal."""
    return fields.String(validate=validate.OneOf(get_args(choices)), **kwargs)


class AsOf(fields.Field[int | datetime]):
    """A position of the log, or an RFC 3339 time."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | datetime:
        if isinstance(value, str) and POSITION.fullmatch(value):
            return int(value)
        moment: datetime = Instant().deserialize(value, attr, data, **kwargs)
        return moment


class MomentQuery(StrictSchema):
    """`as_of`: what had been recorded by then. `happened_by`: what had happened by then."""

    as_of = AsOf(load_default=None, metadata={"type": "string"})
    happened_by = Instant(load_default=None)


class ListQuery(PageQuery, MomentQuery):
    """What there is of one client, under whichever of their ids."""

    client_id = fields.UUID(required=True)
