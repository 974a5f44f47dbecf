"""Tokens that are right name somebody; tokens that are wrong in any of the usual ways name nobody."""

import json
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from jwt.algorithms import RSAAlgorithm
from jwt.warnings import InsecureKeyLengthWarning

from shared.auth import Grant, NotAuthenticated
from shared.embedded.secrets import key_set, new_key
from shared.key_sets import KeySet
from shared.minting import mint_service_token, sign
from shared.tokens import Issuer, Tokens

HOUSE, SERVICE_KEY, FOREIGN, OF_NORTH = new_key(), new_key(), new_key(), new_key()
NORTH, SOUTH = uuid4(), uuid4()
ISSUER, NORTHERN = "https://house.example", "https://north.example"
PERSON: dict[str, Any] = {"iss": ISSUER, "sub": "anna", "chain_id": str(SOUTH), "roles": [{"role": "manager"}]}
NORTHERNER: dict[str, Any] = {"iss": NORTHERN, "sub": "nora", "aud": "north-api"}

Make = Callable[[], str]


def public_pem() -> bytes:
    return bytes(PyJWK.from_json(HOUSE).key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def encoded(claims: Mapping[str, Any], header: Mapping[str, Any] = {}, key: str = HOUSE) -> str:
    """A signed token with claims and header as wanted; None takes one away."""
    now = int(time.time())
    private = PyJWK.from_json(key)
    filled = {"aud": "synergist", "iat": now, "exp": now + 60} | PERSON | dict(claims)
    headers = {"kid": private.key_id, "typ": "at+jwt"} | dict(header)
    return jwt.encode(
        {name: value for name, value in filled.items() if value is not None},
        private.key,
        algorithm="EdDSA",
        headers={name: value for name, value in headers.items() if value is not None},
    )


def part(content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def hmac_by_hand(key: bytes) -> str:
    """Signed with HS256, past PyJWT's own refusal to take a public key for a secret."""
    from hashlib import sha256
    from hmac import digest

    now = int(time.time())
    kid = json.loads(HOUSE)["kid"]
    head = part({"alg": "HS256", "typ": "at+jwt", "kid": kid})
    body = part(PERSON | {"aud": "synergist", "iat": now, "exp": now + 60})
    mac = urlsafe_b64encode(digest(key, f"{head}.{body}".encode(), sha256)).decode().rstrip("=")
    return f"{head}.{body}.{mac}"


def unsigned() -> str:
    now = int(time.time())
    body = PERSON | {"aud": "synergist", "iat": now, "exp": now + 60}
    return f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': json.loads(HOUSE)['kid']})}.{part(body)}."


def with_own_key(name: str) -> str:
    """Signed with a key of the attacker's, which the header brings along."""
    kid = json.loads(HOUSE)["kid"]
    public = json.loads(key_set(FOREIGN))["keys"][0]
    brought = {"jwk": public, "jku": "https://evil.example/jwks", "x5u": "https://evil.example/cert", "x5c": ["MII"]}
    return encoded({}, {name: brought[name], "kid": kid}, FOREIGN)


def service(**claims: Any) -> str:
    return sign(
        SERVICE_KEY, {"iss": "synergist-services", "sub": "workers", "aud": "synergist-scheduling"} | claims, 60
    )


now = time.time
WRONG: dict[str, Make] = {
    "unsigned": unsigned,
    "HS256 with the public key as PEM": lambda: hmac_by_hand(public_pem()),
    "HS256 with the public key as JWK": lambda: hmac_by_hand(key_set(HOUSE).encode()),
    "issuer that nobody knows": lambda: encoded({"iss": "https://evil.example"}, key=FOREIGN),
    "issuer that nobody knows, by the house's key": lambda: encoded({"iss": "https://evil.example"}),
    "signed with a foreign key": lambda: encoded({}, {"kid": json.loads(HOUSE)["kid"]}, FOREIGN),
    "other audience": lambda: encoded({"aud": "somebody-else"}),
    "audience of a service": lambda: encoded({"aud": "synergist-scheduling"}),
    "expired": lambda: encoded({"exp": int(now()) - 60, "iat": int(now()) - 120}),
    "from the future": lambda: encoded({"iat": int(now()) + 60, "exp": int(now()) + 120}),
    "not valid yet": lambda: encoded({"nbf": int(now()) + 60}),
    "unknown kid": lambda: encoded({}, {"kid": "unknown"}),
    "no kid": lambda: encoded({}, {"kid": None}),
    "brings its jwk": lambda: with_own_key("jwk"),
    "brings its jku": lambda: with_own_key("jku"),
    "brings its x5u": lambda: with_own_key("x5u"),
    "brings its x5c": lambda: with_own_key("x5c"),
    "rightly signed, with a jwk": lambda: encoded({}, {"jwk": json.loads(key_set(HOUSE))["keys"][0]}),
    "critical header": lambda: encoded({}, {"crit": ["b64"], "b64": True}),
    "unknown critical header": lambda: encoded({}, {"crit": ["new"], "new": 1}),
    "truncated": lambda: encoded({})[:-10],
    "without its signature": lambda: encoded({}).rpartition(".")[0] + ".",
    "altered": lambda: encoded({}).replace(".", ".e", 1),
    "no token": lambda: "anything",
    "empty": lambda: "",
    "longer than any": lambda: encoded({"padding": "x" * 9000}),
    "deeply nested": lambda: f"{part({'alg': 'EdDSA'})}.{urlsafe_b64encode(b'[' * 5000).decode()}.x",
    "other type": lambda: encoded({}, {"typ": "logout+jwt"}),
    "ID token, by its audience": lambda: encoded({"aud": "synergist-staff", "nonce": "n"}, {"typ": "JWT"}),
    "ID token, by its nonce": lambda: encoded({"nonce": "n"}, {"typ": "JWT"}),
    "ID token, by its at_hash": lambda: encoded({"at_hash": "h", "aud": ["synergist", "synergist-staff"]}),
    "no subject": lambda: encoded({"sub": None}),
    "empty subject": lambda: encoded({"sub": ""}),
    "subject that is a number": lambda: encoded({"sub": 7}),
    "no expiry": lambda: encoded({"exp": None}),
    "no time of issue": lambda: encoded({"iat": None}),
    "no audience": lambda: encoded({"aud": None}),
    "no issuer": lambda: encoded({"iss": None}),
    "issued before time began": lambda: encoded({"iat": -(10**18)}),
    "no chain": lambda: encoded({"chain_id": None}),
    "no roles": lambda: encoded({"roles": None}),
    "unknown role": lambda: encoded({"roles": [{"role": "janitor"}]}),
    "person who would be a service": lambda: encoded({"roles": [{"role": "service"}]}),
    "service's issuer by the house's key": lambda: encoded(
        {"iss": "synergist-services", "aud": "synergist-scheduling"}, {"typ": "service+jwt"}
    ),
    "house's issuer by the services' key": lambda: encoded({}, key=SERVICE_KEY),
    "service token as a person's": lambda: service(**PERSON, aud="synergist"),
    "service token for another service": lambda: mint_service_token(SERVICE_KEY, subject="workers", to="treatment"),
    "service token without its type": service,
    "service token that lives too long": lambda: mint_service_token(
        SERVICE_KEY, subject="workers", to="scheduling", ttl_seconds=3600
    ),
    "chain's issuer that names another chain": lambda: encoded(NORTHERNER | {"chain_id": str(SOUTH)}, key=OF_NORTH),
    "chain's issuer in the house's name": lambda: encoded({}, key=OF_NORTH),
    "chain's issuer with another audience": lambda: encoded(NORTHERNER | {"chain_id": None, "aud": "x"}, key=OF_NORTH),
    "house's key in a chain's issuer's name": lambda: encoded(NORTHERNER | {"chain_id": None}),
}


def northern(name: str) -> Issuer | None:
    if name != NORTHERN:
        return None
    keys = KeySet(lambda: json.loads(key_set(OF_NORTH)))
    return Issuer(NORTHERN, keys, "north-api", NORTH, lambda _: [Grant("front_desk")])


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    folder: Path = tmp_path_factory.mktemp("keys")
    (folder / "house").write_text(key_set(HOUSE))
    (folder / "services").write_text(key_set(SERVICE_KEY))
    return Tokens(
        "scheduling",
        issuer=ISSUER,
        jwks_url=(folder / "house").as_uri(),
        service_jwks_url=(folder / "services").as_uri(),
        other=northern,
    )


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_a_wrong_token_names_nobody(tokens: Tokens, make: Make) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.identity(make())


def test_a_right_token_names_a_person_of_a_chain(tokens: Tokens) -> None:
    clinic = uuid4()
    roles = [{"role": "manager"}, {"role": "therapist", "clinics": [str(clinic)]}]
    found = tokens.identity(encoded({"roles": roles}))
    assert (found.issuer, found.subject, found.chain_id) == (ISSUER, "anna", SOUTH)
    assert found.claimed == (Grant("manager"), Grant("therapist", frozenset([clinic])))
    assert abs(found.issued_at.timestamp() - time.time()) < 60


def test_an_issuer_of_a_chain_speaks_for_that_chain(tokens: Tokens) -> None:
    for chain in (None, str(NORTH)):
        found = tokens.identity(encoded(NORTHERNER | {"chain_id": chain}, {"typ": "JWT"}, OF_NORTH))
        assert (found.issuer, found.chain_id, found.claimed) == (NORTHERN, NORTH, (Grant("front_desk"),))


def test_a_service_is_believed_by_the_service_it_calls(tokens: Tokens) -> None:
    found = tokens.identity(mint_service_token(SERVICE_KEY, subject="workers", to="scheduling"))
    assert (found.subject, found.chain_id, found.claimed) == ("workers", None, (Grant("service"),))


def rsa(bits: int) -> tuple[Any, dict[str, Any]]:
    private = generate_private_key(public_exponent=65537, key_size=bits)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return private, public | {"kid": "rsa", "alg": "RS256", "use": "sig"}


@pytest.mark.parametrize(("bits", "is_believed"), [(2048, True), (1024, False)])
def test_rsa_counts_from_2048_bits_on(tokens: Tokens, bits: int, is_believed: bool) -> None:
    private, public = rsa(bits)
    issuer = Issuer(NORTHERN, KeySet(lambda: {"keys": [public]}), "north-api", NORTH, lambda _: [Grant("manager")])
    moment = int(time.time())
    claims = NORTHERNER | {"iat": moment, "exp": moment + 60}
    options: Any = {"enforce_minimum_key_length": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)
        token = jwt.PyJWT(options).encode(claims, private, algorithm="RS256", headers={"kid": "rsa"})
    strict = Tokens("scheduling", issuer=ISSUER, jwks_url="", service_jwks_url="", other=lambda _: issuer)
    if is_believed:
        assert strict.identity(token).chain_id == NORTH
    else:
        with pytest.raises(NotAuthenticated):
            strict.identity(token)


def test_a_set_gives_no_key_that_is_a_secret_or_for_encryption() -> None:
    _, public = rsa(2048)
    secret = {"kty": "oct", "k": part("secret"), "kid": "secret", "alg": "HS256"}
    keys = KeySet(lambda: {"keys": [secret, public | {"use": "enc"}, public | {"kid": "good"}]})
    assert keys.key("good").key_id == "good"
    for name in ("secret", "rsa"):
        with pytest.raises(NotAuthenticated):
            keys.key(name)
