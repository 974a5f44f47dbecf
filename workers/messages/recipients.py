"""Whom a message goes to and what it may say: asked of scheduling when it is sent, never kept here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

import httpx
import msgspec

from shared.duties import StaffLetter
from workers.messages.model import (
    Answer,
    Due,
    ErasureReceipt,
    Letter,
    Message,
    Notice,
    Recipient,
    Unreachable,
    Way,
)
from workers.messages.outcomes import Refused
from workers.messages.plan import Kind, LetterKind

PURPOSE: Mapping[Kind, str] = {
    "confirmation": "appointment",
    "reminder": "appointment",
    "unconfirmed": "appointment",
    "link": "appointment",
}
"""What a client has to permit for each kind of message; letters are sent because somebody has just asked for them."""

LETTERS = get_args(LetterKind)
TO_STAFF = get_args(StaffLetter)

TIMEOUT = httpx.Timeout(10, connect=3)


class Needed(msgspec.Struct):
    needed: dict[str, bool]


class Outcomes(msgspec.Struct):
    outcomes: dict[str, str]


class SchedulingAway(Exception):
    """Scheduling did not answer whom the messages go to."""


class Recipients:
    """The connection to scheduling's answers; `token` gives a service token that is valid now."""

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=TIMEOUT)
        self.token = token

    def ask(self, rows: Sequence[Due]) -> dict[str, Answer]:
        """Answers by key, without those that cannot be understood. Raises SchedulingAway."""
        letters = [letter_question(row) for row in rows if row.kind in LETTERS]
        notices = [staff_question(row) for row in rows if row.kind in TO_STAFF]
        others = [question(row) for row in rows if row.kind not in (*LETTERS, *TO_STAFF)]
        return {
            **(self.answers("/internal/v1/recipients", others) if others else {}),
            **(self.answers("/internal/v1/letters", letters) if letters else {}),
            **(self.answers("/internal/v1/staff-addresses", notices) if notices else {}),
        }

    def addresses(self, rows: Sequence[Due]) -> dict[str, Way | Unreachable]:
        """Where messages about somebody's care go, by key. Raises SchedulingAway."""
        if not rows:
            return {}
        found = self.items(self.post("/internal/v1/addresses", [care_question(row) for row in rows]))
        return {str(item.get("key")): way for item in found if (way := way_in(item)) is not None}

    def answers(self, path: str, questions: Sequence[Mapping[str, str | None]]) -> dict[str, Answer]:
        found = self.items(self.post(path, questions))
        return {str(item.get("key")): answer for item in found if (answer := understood(item)) is not None}

    @staticmethod
    def items(content: bytes) -> list[dict[str, Any]]:
        try:
            answered: list[dict[str, Any]] = msgspec.json.decode(content)["items"]
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise SchedulingAway(type(error).__name__) from error
        return answered

    def refused(self, receipt: str, refusal: Refused) -> None:
        """Say that a provider takes nothing for an address, which is closed then. Raises SchedulingAway."""
        self.post("/internal/v1/refusals", [{"reference": receipt, "code": refusal.reason, "cause": refusal.cause}])

    def refused_by_staff(self, row: Due, set_at: datetime) -> None:
        """Say that nothing arrives at the address of somebody of the staff. Raises SchedulingAway."""
        said = {"chain_id": str(row.chain_id), "staff_id": str(row.staff_id), "set_at": set_at.isoformat()}
        self.post("/internal/v1/staff-refusals", [said])

    def want_tasks(self, items: Sequence[dict[str, str]]) -> dict[str, bool]:
        """Ask for a person to contact clients; says by `because` who still needs it. Raises SchedulingAway."""
        content = self.post("/internal/v1/contact-tasks", items)
        try:
            return msgspec.json.decode(content, type=Needed).needed
        except msgspec.MsgspecError as error:
            raise SchedulingAway(type(error).__name__) from error

    def tell_arrivals(self, items: Sequence[dict[str, str]]) -> dict[str, str]:
        """Say whose sessions have begun; gives by key what became of the visit. Raises SchedulingAway."""
        content = self.post("/internal/v1/arrivals", items)
        try:
            return msgspec.json.decode(content, type=Outcomes).outcomes
        except msgspec.MsgspecError as error:
            raise SchedulingAway(type(error).__name__) from error

    def erase_due(self) -> None:
        """Have scheduling let go of what was kept until today. Raises SchedulingAway."""
        self.post("/internal/v1/erasures/due")

    def tell_erasures(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Say what went here of whom scheduling has let go of. Raises SchedulingAway."""
        self.post("/internal/v1/erasures/followed", items)

    def settle_receipts(self, items: Sequence[Mapping[str, str | None]]) -> None:
        """Say what became of receipts of erasures, whose addresses go then. Raises SchedulingAway."""
        self.post("/internal/v1/erasures/receipts", items)

    def post(self, path: str, items: Sequence[Mapping[str, Any]] | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token()}"}
        body = {} if items is None else {"items": items}
        try:
            return self.http.post(path, json=body, headers=headers).raise_for_status().content
        except httpx.HTTPError as error:
            raise SchedulingAway(type(error).__name__) from error

    def close(self) -> None:
        self.http.close()


def question(row: Due) -> dict[str, str | None]:
    return {
        "key": row.key,
        "chain_id": str(row.chain_id),
        "client_id": str(row.client_id),
        "appointment_id": str(row.about),
        "kind": row.kind,
        "purpose": PURPOSE[row.kind],
        "via": row.via,
        "announcement": row.announcement,
    }


def shape_of(item: dict[str, Any]) -> type[Message]:
    """Of a message about a visit, of a notice, of a receipt, or of a letter with a link."""
    if "visit" in item:
        return Recipient
    if "address_set_at" in item:
        return Notice
    return ErasureReceipt if "erased" in item else Letter


def letter_question(row: Due) -> dict[str, str | None]:
    return {"key": row.key, "chain_id": str(row.chain_id), "kind": row.kind, "about": str(row.about)}


def care_question(row: Due) -> dict[str, str | None]:
    return {"key": row.key, "chain_id": str(row.chain_id), "client_id": str(row.client_id), "purpose": "care"}


def way_in(item: dict[str, Any]) -> Way | Unreachable | None:
    try:
        return Unreachable(item["stop"]) if item.get("stop") else msgspec.convert(item, Way)
    except msgspec.ValidationError:
        return None


def staff_question(row: Due) -> dict[str, str | None]:
    return letter_question(row) | {
        "staff_id": str(row.staff_id),
        "clinic_id": None if row.clinic_id is None else str(row.clinic_id),
    }


def understood(item: dict[str, Any]) -> Answer | None:
    try:
        return Unreachable(item["stop"]) if item.get("stop") else msgspec.convert(item, shape_of(item))
    except msgspec.ValidationError:
        return None
