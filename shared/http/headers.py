"""What every answer tells a browser: run nothing, be framed by nobody, and pass nothing on.

A page that needs more than nothing says so by a policy of its own, which still allows no script within it.
"""

from base64 import b64encode
from hashlib import sha256

from flask import Response

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
USUAL = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
TLS_ONLY = "max-age=31536000"


def secure(response: Response, *, behind_tls: bool) -> None:
    """Add what the response does not say itself; with TLS before us, that browsers are never to come without."""
    for name, value in USUAL.items():
        response.headers.setdefault(name, value)
    if behind_tls:
        response.headers.setdefault("Strict-Transport-Security", TLS_ONLY)


def page_policy(*styles: str, has_script: bool = False) -> str:
    """The Content-Security-Policy of a page with one of these style sheets in it, and forms that lead back to us.

    With `has_script` it may run files of ours, which may ask us; what stands in the page itself is never run.
    """
    script = "script-src 'self'; connect-src 'self'; " if has_script else ""
    return (
        f"default-src 'none'; {script}style-src {' '.join(map(hashed, styles))}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def hashed(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
