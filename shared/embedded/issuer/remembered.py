"""Who has signed in at the local issuer in which browser: asked once, as providers do, until they sign out there."""

from dataclasses import dataclass, field
from secrets import token_urlsafe

from flask import Request
from werkzeug.wrappers import Response

from shared.embedded.issuer.people import Person

COOKIE = "synergist-issuer"
MOST = 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who showed who they are at the chain with a slug, in Unix seconds."""

    person: Person
    slug: str
    at: int


@dataclass
class Remembered:
    """The browsers that are known, by a random token in a cookie; all are forgotten when the issuer ends."""

    browsers: dict[str, SignedIn] = field(default_factory=dict)

    def find(self, request: Request, slug: str, now: int) -> SignedIn | None:
        """Who this browser still has, unless the client wants them asked again."""
        found = self.browsers.get(request.cookies.get(COOKIE, ""))
        oldest = request.args.get("max_age", "")
        is_old = found is not None and oldest.isdecimal() and now - found.at >= int(oldest)
        is_asked = "login" in request.args.get("prompt", "").split()
        return None if found is None or found.slug != slug or is_asked or is_old else found

    def keep(self, answer: Response, came: SignedIn) -> None:
        token = token_urlsafe(16)
        if len(self.browsers) >= MOST:
            self.browsers.clear()
        self.browsers[token] = came
        answer.set_cookie(COOKIE, token, httponly=True, samesite="Lax", path="/")

    def forget(self, request: Request, answer: Response) -> None:
        self.browsers.pop(request.cookies.get(COOKIE, ""), None)
        answer.delete_cookie(COOKIE, path="/")
