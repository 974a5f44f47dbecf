"""What providers tell us of their own accord: a request below /hooks/ is read only when its signature is right.

There is no token and no chain here; which chain a request is about is for the part that reads it to find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, request
from werkzeug.datastructures import MultiDict

from shared.http.operations import parts
from shared.http.problems import Problem
from shared.settings import Settings
from shared.signatures import signed_body, signed_form

SMS_SIGNATURE = "X-Twilio-Signature"
MAIL_SIGNATURE, MAIL_TIMESTAMP = "X-Synergist-Signature", "X-Synergist-Timestamp"


@dataclass(frozen=True, slots=True)
class HookKeys:
    """What signatures are checked with: the address that providers call, and the secret of each; empty: none."""

    public_url: str
    sms_token: str
    mail_secret: str

    @classmethod
    def of(cls, settings: Settings) -> "HookKeys":
        """The keys that the settings give."""
        return cls(settings.address.public_url, settings.hooks.sms_token, settings.hooks.mail_secret)

    def sms_form(self) -> MultiDict[str, str]:
        """The form of the present request, which the SMS provider signed; raises Problem when it did not."""
        query = request.query_string.decode("ascii", "replace")
        url = self.public_url + request.path + (f"?{query}" if query else "")
        form = dict(request.form.lists())
        if not signed_form(self.sms_token, url, form, request.headers.get(SMS_SIGNATURE, "")):
            raise not_signed()
        return request.form

    def mail_body(self, shape: Any, now: datetime) -> Any:
        """The JSON body of the present request as `shape`, signed with the secret of mail hooks; raises Problem."""
        timestamp, signature = (request.headers.get(name, "") for name in (MAIL_TIMESTAMP, MAIL_SIGNATURE))
        body = request.get_data()
        if not signed_body(self.mail_secret, timestamp, body, signature, now):
            raise not_signed()
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Problem(422, "invalid_fields", "The body is not what this hook takes.") from error


def not_signed() -> Problem:
    return Problem(403, "bad_signature", "The signature does not fit, or is too old.")


def add_hooks(app: Flask, hooks: Sequence[Blueprint]) -> None:
    """Serve what providers call; a fault is a problem document as everywhere."""
    for blueprint in hooks:
        blueprint.before_request(admit)
        app.register_blueprint(blueprint)


def admit() -> None:
    parts().limits.admit_provider()


def taken() -> Response:
    """The answer to what was understood, also when there was nothing to do."""
    return Response(status=204)
