"""The kinds of values that APIs take: bounded text, instants, clocks and zones; and what is wrong with others."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate

from shared.access import DataClass

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
FIRST_DAY = EARLIEST.date()
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][05]$|^24:00$"
LOCALE = "^[A-Za-z0-9-]+$"
"""Babel would pass over an encoding or a modifier at the end."""
NO_LOCALE = "Not a locale, like en or de-CH."
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = frozenset(available_timezones()) - {"Factory", "localtime"}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")


PERSONAL = "x-personal"
"""In a field's metadata: the class of personal data that its value belongs to."""


def personal(data_class: DataClass) -> dict[str, DataClass]:
    """The metadata of a field that shows something about a client."""
    return {PERSONAL: data_class}


class ClientId(fields.UUID):
    """The id of a client. An answer that holds one shows something about that client, and is recorded."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata=personal("identity") | kwargs.pop("metadata", {}), **kwargs)


TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They let what follows them be read backwards, also outside of the text that they stand in."""


class StrictSchema(Schema):
    """A schema that refuses fields it does not know and keeps the order it declares."""

    class Meta:
        unknown = RAISE


@cache
def patch_of(schema: type[Schema]) -> type[Schema]:
    """The same schema for a PATCH: every field may be left out and none has a default; nested ones stay whole."""

    def on_bind_field(_: Schema, __: str, field: fields.Field[Any]) -> None:
        field.required = False
        field.load_default = missing

    name = schema.__name__.removesuffix("Fields").removesuffix("Patch")
    return type(f"{name}Patch", (schema,), {"on_bind_field": on_bind_field})


def plain_text(value: str) -> None:
    """Refuse control characters, line breaks of all kinds and NUL, lone surrogates, and signs that turn a text around.

    The marks that languages written from the right need (U+200E, U+200F) are no such signs.
    """
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or sign in TURNING for sign in value):
        raise ValidationError("Control characters are not allowed.")


class Flag(fields.Boolean):
    """true or false in a body, and nothing that could be taken for one of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        flag: bool = super()._deserialize(value, attr, data, **kwargs)
        return flag


class Text(fields.String):
    """Text of `least` to `most` characters, without control characters; spaces around it are taken away.

    `also` may refuse it with a ValidationError.
    """

    def __init__(
        self, *, least: int = 1, most: int = 200, also: Callable[[str], None] = plain_text, **kwargs: Any
    ) -> None:
        super().__init__(validate=[plain_text, validate.Length(least, most), also], **kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self.most:
            raise ValidationError(f"Longer than maximum length {self.most}.")
        return text.strip(" ")


class Words(fields.String):
    """Somebody's own words, 1 to `most` characters in as many lines as they like, which end alike."""

    def __init__(self, *, most: int = 4000, **kwargs: Any) -> None:
        super().__init__(validate=[lines_of_text, validate.Length(1, most)], **kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self.most:
            raise ValidationError(f"Longer than maximum length {self.most}.")
        return text.replace("\r\n", "\n").strip()


def lines_of_text(value: str) -> None:
    """Refuse what `plain_text` refuses, but for line feeds and tabs."""
    plain_text(value.replace("\n", "").replace("\t", ""))


class Instant(fields.AwareDateTime):
    """An RFC 3339 time with its offset, between 2000 and 2100, given back in UTC."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "invalid": "Not an RFC 3339 time with offset, like 2026-03-01T09:00:00+01:00.",
        "range": "Must lie between 2000 and 2100.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        del attr, data, kwargs
        if not isinstance(value, str) or not RFC_3339.fullmatch(value):
            raise self.make_error("invalid")
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error
        if not EARLIEST <= moment < LATEST:
            raise self.make_error("range")
        return moment


class Day(fields.Date):
    """A calendar date `YYYY-MM-DD` from `first`, the year 2000 unless given, up to the year 2100."""

    def __init__(self, *, first: date = FIRST_DAY, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = first

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not DATE.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        day = super()._deserialize(value, attr, data, **kwargs)
        if not self.first <= day < LATEST.date():
            raise ValidationError(f"Must lie between {self.first.year} and {LATEST.year}.")
        return day

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        """A date that comes out of JSON is text already."""
        return value if isinstance(value, str) else super()._serialize(value, attr, obj, **kwargs)


def clock(**kwargs: Any) -> fields.String:
    """A wall-clock time `HH:MM` in steps of five minutes; `24:00` ends a day."""
    message = "Not a clock time in steps of five minutes, like 09:30."
    return fields.String(validate=[plain_text, validate.Regexp(CLOCK, error=message)], **kwargs)


def weekday(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(WEEKDAYS), **kwargs)


def minutes(*, least: int = 0, most: int, step: int = 5, **kwargs: Any) -> fields.Integer:
    """Whole minutes, a multiple of `step`."""

    def in_steps(value: int) -> None:
        if value % step:
            raise ValidationError(f"Must be a multiple of {step}.")

    rules = [validate.Range(least, most), in_steps] if step > 1 else [validate.Range(least, most)]
    return whole(rules, **kwargs)


def whole(rules: list[Any], **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=rules, **kwargs)


def zone(**kwargs: Any) -> fields.String:
    """An IANA time zone."""
    return fields.String(validate=validate.OneOf(ZONES, error="Not an IANA time zone, like Europe/Berlin."), **kwargs)


def external_ids() -> fields.Dict:
    """Ids by which the chain's other systems know a thing, by system."""
    return fields.Dict(keys=Text(most=50), values=Text(most=200), validate=validate.Length(max=20))


def locale(**kwargs: Any) -> fields.String:
    """A language, with a country where that matters."""

    def known(value: str) -> None:
        try:
            Locale.parse(value, sep="-")
        except (UnknownLocaleError, ValueError, TypeError) as error:
            raise ValidationError(NO_LOCALE) from error

    form = validate.Regexp(LOCALE, error=NO_LOCALE)
    return fields.String(validate=[plain_text, validate.Length(2, 20), form, known], **kwargs)
