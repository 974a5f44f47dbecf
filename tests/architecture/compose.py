"""The compose file as tests look at it: parsed, with its values at their defaults, or as a person might give them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WITH_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
WITHOUT_DEFAULT = re.compile(r"\$\{(\w+):\?[^}]*\}")
SAID = {
    "SYNERGIST_PUBLIC_URL": "https://visits.demo.example",
    "SYNERGIST_TREATMENT_PUBLIC_URL": "https://care.demo.example",
    "SYNERGIST_ISSUER": "https://sign-in.demo.example",
    "SYNERGIST_JWKS_URL": "https://sign-in.demo.example/jwks.json",
}
"""What a person has to say."""

SECRETS = "/run/secrets/"


@dataclass(frozen=True)
class Service:
    name: str
    content: Mapping[str, Any]

    @property
    def command(self) -> tuple[str, ...]:
        return tuple(self.content.get("command", ()))

    @property
    def environment(self) -> dict[str, str]:
        given = self.content.get("environment", {})
        return {name: "" if value is None else str(value) for name, value in given.items()}

    @property
    def secrets(self) -> set[str]:
        return set(self.content.get("secrets", ()))

    @property
    def is_ours(self) -> bool:
        return "build" in self.content


def read_compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    text = WITHOUT_DEFAULT.sub(lambda found: SAID[found[1]], text)
    document: dict[str, Any] = yaml.safe_load(WITH_DEFAULT.sub(r"\1", text))
    return document


def services() -> list[Service]:
    return [Service(name, content) for name, content in read_compose()["services"].items()]


def ours() -> list[Service]:
    """The services that run our own image."""
    return [service for service in services() if service.is_ours]


def secrets_script() -> str:
    """The commands with which a person makes the secrets, out of the document that tells of them."""
    text = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    return text.split("```sh\n", 1)[1].split("```", 1)[0]
