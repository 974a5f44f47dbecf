"""What production refuses to start with: a secret that is no secret, a door meant for development, a way without TLS.

Looks at the values as they were given, whichever process they are given to, and never repeats one of them.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

SHORTEST = 16
SHORTEST_OF_OTHERS = 8
FEWEST_SIGNS = 8
USUAL = [
    "password",
    "passwort",
    "secret",
    "changeme",
    "change-me",
    "default",
    "example",
    "synergist",
    "postgres",
    "admin",
    "letmein",
    "qwerty",
    "123456",
]
KEY_BYTES = 32
FROM_A_STANDARD = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
"""The private key that RFC 8037 prints as its example."""

Check = Callable[[str], str | None]


def faults_in_production(values: Mapping[str, str], *, debugging: bool = False) -> dict[str, str]:
    """What is wrong with each variable in a process of production; `debugging`: FLASK_DEBUG is set."""
    given = {name: value for name, value in values.items() if value}
    faults = {name: fault for name, check in CHECKS.items() if name in given and (fault := check(given[name]))}
    faults |= beside_passwords(given)
    if "SYNERGIST_JWKS_URL" in given:
        for name in ("SYNERGIST_PUBLIC_URL", "SYNERGIST_TREATMENT_PUBLIC_URL", "SYNERGIST_ISSUER"):
            if name not in given:
                faults[name] = "is needed in production: its default is for development"
    if debugging:
        faults["FLASK_DEBUG"] = "must not be set in production"
    return faults


def beside_passwords(given: Mapping[str, str]) -> dict[str, str]:
    """Passwords that would go over the network as they are."""
    pairs = {"SYNERGIST_SMTP_TLS": "SYNERGIST_SMTP_PASSWORD", "SYNERGIST_IMAP_TLS": "SYNERGIST_IMAP_PASSWORD"}
    usual = {"SYNERGIST_SMTP_TLS": "none", "SYNERGIST_IMAP_TLS": "tls"}
    return {
        name: "would send a password without TLS: say starttls or tls"
        for name, password in pairs.items()
        if password in given and given.get(name, usual[name]) == "none"
    }


def weak(secret: str, shortest: int = SHORTEST) -> str | None:
    """Why somebody could guess a secret; None when nobody could."""
    if len(secret) < shortest:
        return f"is too short for a secret: at least {shortest} random characters"
    if len(set(secret)) < min(FEWEST_SIGNS, shortest):
        return "repeats too few characters to be a secret"
    left = secret.lower()
    for word in USUAL:
        left = left.replace(word, "")
    return "is too near to a usual password" if len(left) < shortest // 2 else None


def password_in(url: str) -> str | None:
    """What is wrong with the password of an address."""
    try:
        parts = urlsplit(url)
        password, user = unquote(parts.password or ""), unquote(parts.username or "")
    except ValueError:
        return None  # not an address at all, which is told elsewhere
    if not password:
        return "names no password in its address"
    return "has its user's name as its password" if password == user else weak(password)


def private_key(jwk: str) -> str | None:
    """What is wrong with a private Ed25519 key."""
    try:
        key = json.loads(jwk)
        secret = urlsafe_b64decode(key["d"] + "=" * (-len(key["d"]) % 4))
        usable = (key["kty"], key["crv"]) == ("OKP", "Ed25519") and len(secret) == KEY_BYTES and bool(key["kid"])
    except (ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        return "is not a private Ed25519 key with a kid, as JWK in JSON"
    return "is not a random key" if key["d"] == FROM_A_STANDARD or len(set(secret)) < FEWEST_SIGNS else None


def over_tls(*others: str) -> Check:
    """Whether an address is https, or one of the other schemes."""

    def check(url: str) -> str | None:
        allowed = ("https", *others)
        return None if url.partition(":")[0].lower() in allowed else f"must be {' or '.join(allowed)} in production"

    return check


def only_in_development(_: str) -> str:
    return "lets whoever holds it be anybody: it must not be set in production"


def level(value: str) -> str | None:
    return "debug tells too much for production" if value.lower() == "debug" else None


DATABASES = (
    "SYNERGIST_POSTGRES_URL",
    *(f"SYNERGIST_{part}_DATABASE_URL" for part in ("SCHEDULING", "TREATMENT", "WORKERS")),
    *(f"SYNERGIST_{part}_MIGRATE_URL" for part in ("SCHEDULING", "TREATMENT", "WORKERS")),
    *(f"SYNERGIST_{part}_READER_URL" for part in ("SCHEDULING", "TREATMENT")),
)
CHECKS: Mapping[str, Check] = {
    **dict.fromkeys((*DATABASES, "SYNERGIST_REDIS_URL", "SYNERGIST_BROKER_URL"), password_in),
    **dict.fromkeys(
        (
            "SYNERGIST_SMS_TOKEN",
            "SYNERGIST_MAIL_HOOK_SECRET",
            "SYNERGIST_CLIENT_SECRET",
            "SYNERGIST_TREATMENT_CLIENT_SECRET",
        ),
        weak,
    ),
    **dict.fromkeys(
        ("SYNERGIST_SMTP_PASSWORD", "SYNERGIST_IMAP_PASSWORD"), lambda secret: weak(secret, SHORTEST_OF_OTHERS)
    ),
    **dict.fromkeys(("SYNERGIST_SERVICE_KEY", "SYNERGIST_ANCHOR_KEY"), private_key),
    "SYNERGIST_ISSUER_KEY": only_in_development,
    "SYNERGIST_ISSUER": over_tls(),
    "SYNERGIST_JWKS_URL": over_tls("file"),
    "SYNERGIST_SERVICE_JWKS_URL": over_tls("file"),
    "SYNERGIST_ANCHOR_JWKS_URL": over_tls("file"),
    "SYNERGIST_PUBLIC_URL": over_tls(),
    "SYNERGIST_TREATMENT_PUBLIC_URL": over_tls(),
    "SYNERGIST_SMS_URL": over_tls(),
    "SYNERGIST_LOG_LEVEL": level,
}
"""What production looks at twice. Each secret is among it (a test sees to that), but for those refused everywhere."""
