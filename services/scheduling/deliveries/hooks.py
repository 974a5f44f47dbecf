"""Where reports come in: the SMS provider's status callback, the mail hook, and what our own senders were refused.

The public two are read only when they are signed; none of them tells anything but that a report was taken.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response, g
from marshmallow import Schema, fields, validate

from services.scheduling.deliveries.reports import OF_THE_NUMBER, Report, take
from services.scheduling.hooks import HookKeys, taken
from shared.database import Database
from shared.decider import NotThere
from shared.http.fields import StrictSchema, Text
from shared.http.operations import Answer, Operations, parts

ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed"})
MOST = 100
CAUSES = ("bounce", "stop")
PLAIN = r"\A[^\x00-\x1f\x7f]*\Z"
"""Without control characters, which the database does not take."""


class MailReport(msgspec.Struct, forbid_unknown_fields=True):
    """One mail's report: a permanent bounce and a complaint close the address, a temporary one does not."""

    reference: Annotated[str, msgspec.Meta(max_length=100)]
    said: Literal["delivered", "bounced", "failed", "complained"]
    code: Annotated[str, msgspec.Meta(max_length=100, pattern=PLAIN)] = ""


class MailReports(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[MailReport], msgspec.Meta(max_length=MOST)]


class RefusalSchema(StrictSchema):
    """A message that a provider would not take, because of its address."""

    reference = fields.String(required=True, validate=validate.Length(1, 100))
    code = Text(required=True, most=100)
    cause = fields.String(required=True, validate=validate.OneOf(CAUSES))


class RefusalsSchema(StrictSchema):
    items = fields.List(fields.Nested(RefusalSchema), required=True, validate=validate.Length(max=MOST))


class TakenSchema(Schema):
    taken = fields.Integer(required=True)


def provider_hooks(keys: HookKeys) -> Blueprint:
    """The public addresses that providers call."""
    blueprint = Blueprint("provider reports", __name__, url_prefix="/hooks")

    @blueprint.post("/sms/status/<reference>")
    def sms_status(reference: str) -> Response:
        form = keys.sms_form()
        report = sms_report(reference, form.get("MessageStatus", ""), form.get("ErrorCode", ""))
        if report is not None:
            take_now(report, "sms provider")
        return taken()

    @blueprint.post("/mail")
    def mail() -> Response:
        unknown: NotThere | None = None
        for item in keys.mail_body(MailReports, parts().clock()).items:
            try:
                take_now(mail_report(item), "mail provider")
            except NotThere as error:
                unknown = error  # the others are about other messages
        if unknown:
            raise unknown
        return taken()

    return blueprint


def take_now(report: Report, who: str) -> None:
    take(parts().database, report, who=who, correlation_id=g.request_id, now=parts().clock())


def sms_report(reference: str, status: str, code: str) -> Report | None:
    """What a status of the provider means; None for one that is not the last."""
    if status in ARRIVED:
        return Report(reference=reference, said="delivered")
    if status in LOST:
        code = "".join(filter(str.isprintable, code))[:20] or status
        return Report(reference=reference, said="failed", code=code, cause=OF_THE_NUMBER.get(code))
    return None


def mail_report(item: MailReport) -> Report:
    match item.said:
        case "bounced":
            return Report(reference=item.reference, said="failed", code=item.code or "bounced", cause="bounce")
        case "complained":
            return Report(reference=item.reference, said="complained", code=item.code, cause="complaint")
        case said:
            return Report(reference=item.reference, said=said, code=item.code or said)


def refusals_blueprint(database: Database) -> Operations:
    """The route by which our senders say which addresses were refused to them."""
    internal = Operations("refusals", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/refusals", TakenSchema, body=RefusalsSchema)
    def take_refusals(body: dict[str, Any]) -> Answer:
        """Close the addresses of messages that a provider refused for their address's sake."""
        for item in body["items"]:
            report = Report(reference=item["reference"], said="failed", code=item["code"], cause=item["cause"])
            take(database, report, who="workers", correlation_id=g.request_id, now=datetime.now(UTC))
        return Answer({"taken": len(body["items"])})

    return internal
