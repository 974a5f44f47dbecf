"""What a browser brings: cookies that no script reads and no other site sends along; forms of our own pages alone."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from flask import Request
from werkzeug.wrappers import Response

from shared.decider import NotThere
from shared.http.problems import Problem
from shared.links import joined, parse
from shared.staff_web.chains import SLUG
from shared.staff_web.sessions import LONGEST, is_of

ATTEMPT_LASTS = timedelta(minutes=10)
CHAIN_LASTS = DEVICE_LASTS = timedelta(days=400)
OURS = frozenset({"same-origin", "none"})
PATH = re.compile(r"/staff(/[a-z0-9-]+)+(\?[A-Za-z0-9=&_-]*)?")
HOME = "/staff/day"
AGAIN = "again"
FORM_TOKEN = "form"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt to sign in to a chain, and where to go afterwards.

    `again`: the provider is to ask who it is, whoever it still knows in this browser.
    """

    chain_id: UUID
    secret: bytes
    target: str
    again: bool


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our cookies; over https their names keep others from setting them.

    Services on one host share its cookies, whatever their ports: so the name of each begins in its own way.
    """

    public_url: str
    prefix: str

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    def name(self, purpose: str) -> str:
        return f"{'__Host-' if self.secure else ''}{self.prefix}-{purpose}"

    def set(self, response: Response, purpose: str, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            self.name(purpose), value, max_age=lasts, path="/", secure=self.secure, httponly=True, samesite="Lax"
        )

    def delete(self, response: Response, purpose: str) -> None:
        response.delete_cookie(self.name(purpose), path="/", secure=self.secure, httponly=True, samesite="Lax")

    def set_session(self, response: Response, chain_id: UUID, token: bytes) -> None:
        self.set(response, "session", joined(chain_id, token), LONGEST)

    def session(self, request: Request) -> tuple[UUID, bytes] | None:
        """The chain and token of whoever has signed in."""
        return parse(request.cookies.get(self.name("session"), ""))

    def set_attempt(self, response: Response, begun: Begun) -> None:
        known = joined(begun.chain_id, begun.secret)
        self.set(response, "sign-in", f"{known}:{AGAIN if begun.again else ''}:{begun.target}", ATTEMPT_LASTS)

    def attempt(self, request: Request) -> Begun | None:
        """The attempt to sign in that this browser has begun."""
        known, again, target = [*request.cookies.get(self.name("sign-in"), "").split(":", 2), "", ""][:3]
        found = parse(known)
        return None if found is None else Begun(*found, local(target), again=again == AGAIN)

    def set_device(self, response: Response, chain_id: UUID, token: bytes) -> None:
        self.set(response, "tablet", joined(chain_id, token), DEVICE_LASTS)

    def device(self, request: Request) -> tuple[UUID, bytes] | None:
        """The chain and token of a shared tablet."""
        return parse(request.cookies.get(self.name("tablet"), ""))

    def set_chain(self, response: Response, slug: str) -> None:
        self.set(response, "chain", slug, CHAIN_LASTS)

    def chain(self, request: Request) -> str | None:
        """The slug of the chain that was last signed in to here."""
        slug = request.cookies.get(self.name("chain"), "")
        return slug if SLUG.fullmatch(slug) else None


def local(path: str | None) -> str:
    """A path of ours to go on to; the day's page for everything else."""
    return path if path and PATH.fullmatch(path) else HOME


def is_from(secret: bytes, request: Request, public_url: str) -> bool:
    """Whether a form was sent by a page of ours in the browser with this secret."""
    origin = request.headers.get("Origin")
    here = urlsplit(public_url)
    is_ours = request.headers.get("Sec-Fetch-Site", "none") in OURS
    is_ours = is_ours and origin in {None, f"{here.scheme}://{here.netloc}"}
    return is_ours and is_of(secret, request.form.get(FORM_TOKEN, ""))


def must_be_from(secret: bytes, request: Request, public_url: str) -> None:
    """Raise Problem unless a form was sent by a page of ours in the browser with this secret."""
    if not is_from(secret, request, public_url):
        raise Problem(403, "foreign_form", "The form did not come from a page of ours.")


def id_in(given: str) -> UUID:
    """An id in an address; raises NotThere for what is none."""
    try:
        return UUID(given)
    except ValueError:
        raise NotThere from None
