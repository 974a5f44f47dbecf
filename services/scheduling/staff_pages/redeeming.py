"""A chain's own provider knows one application, whose secret stays here: treatment has its codes redeemed by us.

Whom the ID token names, for which application and in answer to which question, treatment checks itself.
"""

from typing import Any

import httpx
from authlib.oauth2.base import OAuth2Error
from marshmallow import Schema, fields, validate

from services.scheduling.staff_pages.own_provider import OwnProviders
from shared.decider import NotThere, Refused
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations
from shared.remote_json import NoDocument

LONGEST_CODE = 4000
LONGEST_ADDRESS = 500


class CodeRefused(Refused):
    """The provider gives no token for this code."""

    code = "code_refused"


class CodeSchema(StrictSchema):
    """What came back to treatment, where to, and the verifier of the question."""

    chain_id = fields.UUID(required=True)
    issuer = fields.String(required=True, validate=[plain_text, validate.Length(1, LONGEST_ADDRESS)])
    code = fields.String(required=True, validate=[plain_text, validate.Length(1, LONGEST_CODE)])
    redirect_uri = fields.String(required=True, validate=[plain_text, validate.Length(1, LONGEST_ADDRESS)])
    verifier = fields.String(required=True, validate=[plain_text, validate.Length(1, 128)])


class IdTokenSchema(Schema):
    id_token = fields.String(required=True)


def redeeming_blueprint(own_providers: OwnProviders) -> Operations:
    """The route at which treatment has a code redeemed."""
    blueprint = Operations("redeeming", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/sign-ins", IdTokenSchema, body=CodeSchema)
    def redeem(body: dict[str, Any]) -> Answer:
        """The ID token for a code of the chain's own provider"""
        provider = own_providers(body["chain_id"])
        if provider is None or provider.issuer.name != body["issuer"]:
            raise NotThere
        try:
            token = provider.redeem(body["code"], body["redirect_uri"], body["verifier"])
        except (NoDocument, OAuth2Error, httpx.HTTPError, KeyError) as error:
            raise CodeRefused from error
        return Answer({"id_token": token})

    return blueprint
