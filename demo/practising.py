"""How a therapist comes to practise at a chain: known to its staff, and signed in as the local issuer's therapist."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import jwt

from demo.api import Api, content
from demo.practice import Json, Practice
from demo.system import System


@contextmanager
def practising(system: System, slug: str, admin: Api, therapist: Json, clinic: Json) -> Iterator[Practice]:
    """The local issuer's therapist, who is this therapist of the chain from now on. Raises NoToken, Unexpected."""
    token = system.token(slug, "therapist")
    join(admin, token, therapist)
    with Api.at(system.treatment_url, token) as api:
        yield Practice(api=api, clinic_id=clinic["id"], therapist_id=therapist["id"])


def join(admin: Api, token: str, therapist: Json) -> None:
    """Let whoever the token is of be this therapist; once they are, nothing changes. Raises Unexpected."""
    claims = jwt.decode(token, options={"verify_signature": False})
    login = {"issuer": claims["iss"], "subject": claims["sub"]}
    members = list(admin.everything("/v1/staff"))
    if any(login in logins_of(member) for member in members):
        return
    member = next((each for each in members if each["therapist_id"] == therapist["id"]), None) or hired(
        admin, therapist
    )
    attached = admin.send("POST", f"/v1/staff/{member['id']}/logins", login, key=f"demo:login:{therapist['id']}")
    content(attached, httpx.codes.CREATED)


def logins_of(member: Json) -> list[Json]:
    return [{name: each[name] for name in ("issuer", "subject")} for each in member["logins"]]


def hired(admin: Api, therapist: Json) -> Json:
    roles = [{"role": "therapist", "clinics": None}]
    body = {"name": therapist["name"], "therapist_id": therapist["id"], "roles": roles}
    made = admin.send("POST", "/v1/staff", body, key=f"demo:staff:{therapist['id']}")
    member: Json = content(made, httpx.codes.CREATED)
    return member
