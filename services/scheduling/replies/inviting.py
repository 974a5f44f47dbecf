"""Makes a message answerable: an e-mail gets an address of its own, a number is remembered with what it is told.

Only where answers are read; a message says "reply to confirm" exactly when such an answer is taken as that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.replies.references import Told, address, mint
from services.scheduling.replies.threads import Texted, remember
from shared.sealing import Sealer
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Ways:
    """How answers reach us: the address that is read (empty: none), and, where texts are passed on to us, by whom the
    numbers that are written to are remembered.
    """

    address: str = ""
    numbers: Sealer | None = None

    @classmethod
    def of(cls, settings: Settings, sealer: Sealer) -> "Ways":
        """The ways that the settings provide for."""
        return cls(settings.replies.address, sealer if settings.replies.sms and settings.hooks.sms_token else None)


def invite(
    connection: Connection,
    chain_id: UUID,
    questions: Sequence[Mapping[str, Any]],
    answers: Sequence[dict[str, Any]],
    ways: Ways,
) -> None:
    """Add `reply_to` and `asks` to the answers that a sender gets for its questions, in their order."""
    pairs = [pair for pair in zip(questions, answers, strict=True) if "visit" in pair[1]]
    mails = [pair for pair in pairs if pair[1]["channel"] == "email" and ways.address]
    texts = [pair for pair in pairs if pair[1]["channel"] == "sms" and ways.numbers]
    references = mint(connection, chain_id, [told(*pair) for pair in mails])
    for (_, answer), reference in zip(mails, references, strict=True):
        answer["reply_to"] = address(ways.address, reference)
    if ways.numbers is not None:
        texted = [Texted(pair[1]["address"], told(*pair)) for pair in texts]
        remember(connection, chain_id, ways.numbers, texted)
    for question, answer in [*mails, *texts]:
        answer["asks"] = asks(question, answer)


def told(question: Mapping[str, Any], answer: Mapping[str, Any]) -> Told:
    return Told(
        client_id=answer["person_id"],
        appointment_id=question["appointment_id"],
        contact_point_id=answer["contact_point_id"],
        visit_version=answer["visit"]["version"],
        asks=asks(question, answer),
    )


def asks(question: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether the message asks for a confirmation: a reminder does, and what is sent on every channel at once."""
    is_open = answer["visit"]["status"] == "booked" and not answer["visit"]["confirmed"]
    return is_open and (question["kind"] == "reminder" or question.get("via", "any") != "any")
