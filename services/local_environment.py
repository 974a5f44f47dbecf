"""The environment of a local system: what the person gave, completed by embedded servers and secrets of its own.

It is kept in a private file while the system runs, so that other commands in the project's folder find it.
"""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from shared.embedded.secrets import Secrets, key_set, write_private
from shared.settings import AddressSettings

FILE = "environment"
SMS_ACCOUNT = "AC00000000000000000000000000000000"
DATABASES = {
    "scheduling": ("api", "reader", "owner"),
    "treatment": ("api", "reader", "owner"),
    "workers": ("api", "owner"),
}
KIND_OF_URL = {"api": "DATABASE", "reader": "READER", "owner": "MIGRATE"}


def gives(given: Mapping[str, str], group: Iterable[str]) -> bool:
    """Whether the person gave an address of this group: then all of it is theirs to give."""
    return any(name in given for name in group if name.endswith(("_URL", "_HOST")))


def completed(given: Mapping[str, str], *groups: Mapping[str, str]) -> dict[str, str]:
    """What was given, and every group of variables of which no address was."""
    result = dict(given)
    for group in groups:
        if not gives(given, group):
            result |= {name: value for name, value in group.items() if name not in given}
    return result


def database_variable(part: str, kind: str) -> str:
    return f"SYNERGIST_{part.upper()}_{KIND_OF_URL[kind]}_URL"


DATABASE_VARIABLES = tuple(database_variable(part, kind) for part, kinds in DATABASES.items() for kind in kinds)
REDIS_VARIABLES = ("SYNERGIST_REDIS_URL", "SYNERGIST_BROKER_URL")


def database_urls(admin_url: str, secrets: Secrets) -> dict[str, str]:
    """Each role's URL on the server of `admin_url`."""
    return {
        database_variable(part, kind): as_role(admin_url, f"{part}_{kind}", secrets, part)
        for part, kinds in DATABASES.items()
        for kind in kinds
    }


def as_role(admin_url: str, role: str, secrets: Secrets, database: str) -> str:
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    login = f"{role}:{quote(secrets.passwords[role], safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{place}", path=f"/{database}"))


def issuer_variables(folder: Path, address: AddressSettings, secrets: Secrets) -> dict[str, str]:
    return {
        "SYNERGIST_ISSUER": f"http://127.0.0.1:{address.issuer_port}",
        "SYNERGIST_CLIENT_SECRET": secrets.passwords["staff"],
        "SYNERGIST_TREATMENT_CLIENT_SECRET": secrets.passwords["treatment_staff"],
        "SYNERGIST_ISSUER_KEY": secrets.keys["issuer"],
        "SYNERGIST_JWKS_URL": published(folder, "issuer", secrets),
    }


def sealing_variables(secrets: Secrets) -> dict[str, str]:
    return {"SYNERGIST_MASTER_KEYS": secrets.master_keys}


def service_variables(folder: Path, secrets: Secrets) -> dict[str, str]:
    return {
        "SYNERGIST_SERVICE_KEY": secrets.keys["service"],
        "SYNERGIST_SERVICE_JWKS_URL": published(folder, "service", secrets),
    }


def anchor_variables(folder: Path, secrets: Secrets) -> dict[str, str]:
    return {
        "SYNERGIST_ANCHOR_KEY": secrets.keys["anchor"],
        "SYNERGIST_ANCHOR_JWKS_URL": published(folder, "anchor", secrets),
        "SYNERGIST_ANCHOR_SECONDS": "30",
    }


def published(folder: Path, purpose: str, secrets: Secrets) -> str:
    """Write the public half of a key to a file, and say its address."""
    path = folder / f"{purpose}.jwks.json"
    path.write_text(key_set(secrets.keys[purpose]), encoding="utf-8")
    return path.as_uri()


def email_variables(address: AddressSettings) -> dict[str, str]:
    return {
        "SYNERGIST_SMTP_HOST": "127.0.0.1",
        "SYNERGIST_SMTP_PORT": str(address.mailbox_smtp_port),
        "SYNERGIST_SMTP_SENDER": "visits@synergist.example",
    }


def sms_variables(address: AddressSettings, secrets: Secrets) -> dict[str, str]:
    return {
        "SYNERGIST_SMS_URL": f"http://127.0.0.1:{address.mailbox_port}",
        "SYNERGIST_SMS_ACCOUNT": SMS_ACCOUNT,
        "SYNERGIST_SMS_TOKEN": secrets.passwords["sms"],
        "SYNERGIST_SMS_SENDER": "+15005550006",
        "SYNERGIST_SMS_REPLIES": "yes",
    }


def reply_variables(address: AddressSettings, secrets: Secrets) -> dict[str, str]:
    return {
        "SYNERGIST_REPLY_ADDRESS": "reply@synergist.example",
        "SYNERGIST_IMAP_HOST": "127.0.0.1",
        "SYNERGIST_IMAP_PORT": str(address.mailbox_imap_port),
        "SYNERGIST_IMAP_TLS": "none",
        "SYNERGIST_IMAP_USER": "replies",
        "SYNERGIST_IMAP_PASSWORD": secrets.passwords["imap"],
        "SYNERGIST_IMAP_POLL_SECONDS": "2",
    }


def write(folder: Path, environment: Mapping[str, str]) -> None:
    lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    write_private(folder / FILE, "\n".join(lines) + "\n")


def read(folder: Path) -> dict[str, str]:
    """The environment of the system that runs in `folder`; empty when none does."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in shlex.split(text))


def forget(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
