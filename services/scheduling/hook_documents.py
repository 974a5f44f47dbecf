"""What providers call, in the OpenAPI document beside everything else: what is sent, and how it must be signed."""

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import msgspec
from apispec import APISpec
from flask import Flask

from services.scheduling.deliveries.hooks import MailReports
from services.scheduling.hooks import MAIL_SIGNATURE, MAIL_TIMESTAMP, SMS_SIGNATURE

FORM = "application/x-www-form-urlencoded"
SCHEMES = {
    "smsProvider": {
        "type": "apiKey",
        "in": "header",
        "name": SMS_SIGNATURE,
        "description": "HMAC-SHA1 in Base64 over the address called and the form's fields in order, under the token of "
        "the account, as Twilio makes it.",
    },
    "mailReports": {
        "type": "apiKey",
        "in": "header",
        "name": MAIL_SIGNATURE,
        "description": f"HMAC-SHA256 in hexadecimal over `<{MAIL_TIMESTAMP}>.<body>` under the secret of mail reports.",
    },
}
ANSWERS = {
    "204": {"description": "Taken; also when it was taken before, or there was nothing to do."},
    "403": "FORBIDDEN",
    "413": "REQUEST_ENTITY_TOO_LARGE",
    "422": "UNPROCESSABLE_ENTITY",
    "429": "TOO_MANY_REQUESTS",
}
UNKNOWN = {"404": "NOT_FOUND"}
REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "description": "What the message was given as its StatusCallback.",
    "schema": {"type": "string"},
}
TIMESTAMP = {
    "name": MAIL_TIMESTAMP,
    "in": "header",
    "required": True,
    "description": "Seconds since 1970, at most five minutes from now.",
    "schema": {"type": "string"},
}


def form(needed: tuple[str, ...] = (), **fields: str) -> dict[str, Any]:
    """A body of text fields, each with what it says; other fields are left unread."""
    properties = {name: {"type": "string", "description": said} for name, said in fields.items()}
    return {
        "required": True,
        "content": {
            FORM: {
                "schema": {"type": "object", "properties": properties} | ({"required": list(needed)} if needed else {})
            }
        },
    }


HOOKS: Mapping[str, dict[str, Any]] = {
    "/hooks/sms/status/<reference>": {
        "summary": "The SMS provider says what became of a message.",
        "description": "The last status counts: delivered, or lost; a number that is none, or said STOP, is closed.",
        "parameters": [REFERENCE],
        "requestBody": form(
            MessageStatus="`delivered` or `read`; `undelivered` or `failed`; any other is no last word.",
            ErrorCode="The provider's code for why it was lost.",
        ),
        "responses": ANSWERS | UNKNOWN,
        "security": [{"smsProvider": []}],
    },
    "/hooks/sms/inbound": {
        "summary": "The SMS provider passes on what a client has answered.",
        "description": "Once for each MessageSid. STOP closes the number to all chains that wrote to it.",
        "requestBody": form(
            ("MessageSid", "From"),
            MessageSid="The provider's own id of the message.",
            From="The number that it comes from, in E.164.",
            Body="Its words.",
        ),
        "responses": ANSWERS,
        "security": [{"smsProvider": []}],
    },
    "/hooks/mail": {
        "summary": "A mail service says what became of mails.",
        "description": "`reference` is the header X-Synergist-Receipt of the mail. `bounced` and `complained` close "
        "the address. One unknown reference is answered with 404 after the others were taken.",
        "parameters": [TIMESTAMP],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/MailReports"}}},
        },
        "responses": ANSWERS | UNKNOWN,
        "security": [{"mailReports": []}],
    },
}
"""By the rule of the route; every one is a POST."""


def describe_hooks(app: Flask) -> None:
    """Have the hooks described in the app's document."""
    app.extensions["flask-smorest"]["apis"][""]["ext_obj"].describe(partial(write_hooks, app))


def write_hooks(app: Flask, spec: APISpec) -> None:
    for name, scheme in SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    _, schemas = msgspec.json.schema_components([MailReports], ref_template="#/components/schemas/{name}")
    for name, schema in schemas.items():
        spec.components.schema(name, schema)
    for rule in app.url_map.iter_rules():
        if operation := HOOKS.get(rule.rule):
            spec.path(rule=rule, operations={"post": {"tags": ["hooks"], **deepcopy(operation)}})
