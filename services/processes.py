"""The processes that Synergist consists of: `make up` starts all of them, docker-compose.yml has a service for each."""

from dataclasses import dataclass
from typing import Literal

Port = Literal["scheduling", "treatment", "mailbox", "issuer", "health"]


@dataclass(frozen=True, slots=True)
class Program:
    """One process group: `synergist` with these arguments; `answers_at` is the port of its /health/ready.

    `only_locally`: production has something else in its place.
    """

    name: str
    command: tuple[str, ...]
    answers_at: Port = "health"
    only_locally: bool = False


PROCESSES: tuple[Program, ...] = (
    Program("mailbox", ("mailbox",), answers_at="mailbox", only_locally=True),
    Program("issuer", ("issuer",), answers_at="issuer", only_locally=True),
    Program("scheduling api", ("scheduling", "api"), answers_at="scheduling"),
    Program("scheduling relay", ("scheduling", "relay")),
    Program("scheduling replies", ("scheduling", "replies")),
    Program("treatment api", ("treatment", "api"), answers_at="treatment"),
    Program("treatment relay", ("treatment", "relay")),
    Program("treatment consume", ("treatment", "consume")),
    Program("anchors", ("anchors", "run")),
    Program("workers project", ("workers", "project")),
    Program("workers send", ("workers", "send")),
    Program("workers report", ("workers", "report")),
    Program("workers beat", ("workers", "beat")),
)
