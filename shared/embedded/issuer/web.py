"""The local issuer over HTTP: discovery, keys, a page to choose who signs in, tokens, sign-out."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shared.embedded.issuer.client import Client
from shared.embedded.issuer.flow import Provider
from shared.embedded.issuer.people import PeopleOf
from shared.embedded.issuer.remembered import Remembered, SignedIn
from shared.embedded.secrets import key_set


@dataclass(frozen=True, slots=True)
class Site:
    """What the issuer is called, its private key (JWK as JSON), its clients, and who there is."""

    issuer: str
    key: str
    clients: Sequence[Client]
    people: PeopleOf


def create_app(site: Site) -> Flask:
    """The issuer as a WSGI app."""
    app = Flask(__name__)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    remembered = Remembered()
    provider = Provider(app, site.clients, site.issuer, site.key)

    @app.after_request
    def keep_to_itself(response: Response) -> Response:
        homes = {urlsplit(each.redirect_uri) for each in site.clients}
        leads = " ".join(sorted({f"{home.scheme}://{home.netloc}" for home in homes}))
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {leads}"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> AnyResponse | str:
        slug = request.args.get("chain", "")
        people = site.people(slug) or abort(404, "There is no such chain here. Please begin at the sign-in page.")
        try:
            grant = provider.get_consent_grant()
        except OAuth2Error as error:
            refused: AnyResponse = provider.handle_error_response(None, error)
            return refused
        now = int(time.time())
        chosen = next((each for each in people if each.subject == request.form.get("person")), None)
        known = remembered.find(request, slug, now) if request.method == "GET" else None
        came = known if chosen is None else SignedIn(chosen, slug, now)
        if came is None:
            return render_template("people.html", people=people, slug=slug)
        answer: AnyResponse = provider.create_authorization_response(grant_user=came, grant=grant)
        if came is not known:
            remembered.keep(answer, came)
        return answer

    @app.post("/token")
    def give_tokens() -> AnyResponse:
        answer: AnyResponse = provider.create_token_response()
        return answer

    @app.get("/end-session")
    def end_session() -> AnyResponse:
        given = request.args.get("client_id"), request.args.get("post_logout_redirect_uri")
        known = next((each for each in site.clients if given == (each.client_id, each.after_sign_out)), None)
        answer = redirect(known.after_sign_out, 303) if known else Response(render_template("signed_out.html"))
        remembered.forget(request, answer)
        return answer

    add_documents(app, site)
    return app


def add_documents(app: Flask, site: Site) -> None:
    @app.get("/.well-known/openid-configuration")
    def describe() -> dict[str, Any]:
        return discovery(site.issuer)

    @app.get("/jwks")
    def show_keys() -> dict[str, Any]:
        keys: dict[str, Any] = json.loads(key_set(site.key))
        return keys

    @app.get("/health/live")
    @app.get("/health/ready")
    def healthy() -> dict[str, str]:
        return {"status": "ok"}


def discovery(issuer: str) -> dict[str, Any]:
    """The provider's document about itself."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end-session",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "name", "chain_id", "roles"],
    }
