"""The passwords and keys of a development system: random, made at its first start, readable by their owner only."""

import json
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.master_keys import new_master_key

PASSWORDS = (
    "postgres",
    "scheduling_api",
    "scheduling_reader",
    "scheduling_owner",
    "treatment_api",
    "treatment_reader",
    "treatment_owner",
    "workers_api",
    "workers_owner",
    "redis",
    "sms",
    "imap",
    "staff",
    "treatment_staff",
)
KEYS = ("service", "issuer", "anchor")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by role or server, private Ed25519 keys (JWK as JSON) by purpose, and the setting of master keys."""

    passwords: Mapping[str, str]
    keys: Mapping[str, str]
    master_keys: str


def load_secrets(folder: Path) -> Secrets:
    """The secrets kept in `folder`; those that do not exist yet are made, also when an older version kept fewer."""
    path = folder / "secrets.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"passwords": {}, "keys": {}}
    passwords = {name: kept["passwords"].get(name) or secrets.token_urlsafe(24) for name in PASSWORDS}
    keys = {name: kept["keys"].get(name) or new_key() for name in KEYS}
    found = Secrets(passwords, keys, kept.get("master_keys") or new_master_key("local-1"))
    if asdict(found) != kept:
        write_private(path, json.dumps(asdict(found), indent=1))
    return found


def new_key() -> str:
    """A new private Ed25519 key as a JWK in JSON, with its RFC 7638 thumbprint as `kid`."""
    jwk = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    kid = urlsafe_b64encode(sha256(canonical.encode()).digest()).rstrip(b"=").decode()
    return json.dumps({**jwk, "alg": "EdDSA", "use": "sig", "kid": kid})


def key_set(key: str) -> str:
    """The public half of a private key, as a JWK set in JSON."""
    jwk = json.loads(key)
    return json.dumps({"keys": [{name: value for name, value in jwk.items() if name != "d"}]})


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
