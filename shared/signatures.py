"""Who sent a request that carries no token: a signature by a secret that only the provider and we know.

Pure; an empty secret signs nothing and recognises nobody.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256

FRESH = timedelta(minutes=5)
"""How far the time in a signed body may be from now: an old one may have been overheard."""

Form = Mapping[str, Sequence[str]]
"""The fields of a form, each with all its values."""


def form_signature(secret: str, url: str, form: Form) -> str:
    """Twilio's signature of a form posted to `url`: HMAC-SHA1 over the address and the fields in order, in base64."""
    said = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return b64encode(hmac.new(secret.encode(), said.encode(), sha1).digest()).decode()


def signed_form(secret: str, url: str, form: Form, signature: str) -> bool:
    """Whether the form was signed so, at this very address."""
    return bool(secret) and hmac.compare_digest(form_signature(secret, url, form).encode(), signature.encode())


def body_signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `<timestamp>.<body>` in hexadecimal; the timestamp is in whole seconds since 1970."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def signed_body(secret: str, timestamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """Whether the body was signed so, within FRESH of `now`."""
    is_ours = hmac.compare_digest(body_signature(secret, timestamp, body).encode(), signature.encode())
    return bool(secret) and is_ours and is_fresh(timestamp, now)


def is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        return abs(datetime.fromtimestamp(int(timestamp), UTC) - now) <= FRESH
    except (ValueError, OverflowError, OSError):
        return False
