"""The API of a chain's identity provider: asked what it is before it is believed, and never without a way back in."""

from typing import Any

from sqlalchemy import Connection, text

from services.scheduling.identity.decider import PROVIDER, RemoveProvider, SetProvider
from services.scheduling.identity.issuers import IssuerTaken, claim, release, stream
from services.scheduling.identity.schemas import ProviderFields, ProviderSchema
from services.scheduling.known import must_exist
from services.scheduling.staff.standing import must_stay_open
from shared.decider import NotThere, handle
from shared.http.operations import Answer, Call, Operations
from shared.http.problems import BadFields
from shared.locks import lock
from shared.providers import Sources
from shared.remote_json import NoDocument

SHOW = text("""
    SELECT provider.*, known.application_secret, known.version
    FROM identity_applications known JOIN identity_providers provider USING (chain_id, issuer)
""")


def identity_provider_blueprint(own_issuer: str, sources: Sources) -> Operations:
    """The routes; `own_issuer` is the one of the settings, which no chain can take for its own."""
    blueprint = Operations("identity_provider", __name__, url_prefix="/v1/identity-provider")

    @blueprint.query("", ProviderSchema)
    def show_identity_provider(call: Call) -> Answer:
        """The chain's own identity provider."""
        return answer(call.connection)

    @blueprint.command("PUT", "", ProviderSchema, body=ProviderFields, if_match=True)
    def set_identity_provider(call: Call, body: dict[str, Any]) -> Answer:
        """Let the chain's own identity provider vouch for its staff.

        When it is to be used, it is asked what it is first. Sign-ins and tokens of before end with most changes.
        """
        if body["issuer"] == own_issuer:
            raise IssuerTaken
        if body["enabled"]:
            must_be_usable(sources, body["issuer"])
        begin(call)
        clinics = {clinic for rule in body["roles"] for clinic in rule.clinics or ()}
        must_exist(call.connection, roles=("clinics", clinics))
        claim(call.connection, call.chain_id, body["issuer"])
        command = SetProvider(chain_id=call.chain_id, now=call.now, **body)
        provider, _ = handle(call.tx, PROVIDER, stream(call.chain_id), command, if_match=call.if_match)
        must_stay_open(call, provider)
        return answer(call.connection)

    @blueprint.command("DELETE", "", ProviderSchema, if_match=True)
    def remove_identity_provider(call: Call) -> Answer:
        """Let nobody in by the chain's own provider any more, at once; the answer shows what it was."""
        begin(call)
        removed = answer(call.connection)
        handle(call.tx, PROVIDER, stream(call.chain_id), RemoveProvider(), if_match=call.if_match)
        release(call.connection, call.chain_id)
        must_stay_open(call, None)
        return Answer(removed.content)

    return blueprint


def must_be_usable(sources: Sources, issuer: str) -> None:
    """Raise BadFields saying why nobody could sign in there."""
    discovery, keys = sources.of(issuer)
    try:
        discovery.endpoints()
    except NoDocument as error:
        raise BadFields(issuer=[f"{error}."]) from error
    keys.refresh()
    if not keys.known.keys:
        raise BadFields(issuer=[f"{issuer} publishes no key that can be used (RS256 or EdDSA, with a kid)."])


def begin(call: Call) -> None:
    """One change at a time of who comes in: whether somebody is left who runs the chain depends on all of it."""
    lock(call.connection, ("staff", [call.chain_id]))


def answer(connection: Connection) -> Answer:
    row = connection.execute(SHOW).mappings().first()
    if row is None:
        raise NotThere
    return Answer(row, version=row["version"])
