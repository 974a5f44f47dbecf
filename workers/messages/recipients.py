"""Whom a message goes to and what it may say: asked of scheduling when it is sent, never kept here."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec

from workers.messages.model import Answer, Due, Recipient, Unreachable

TIMEOUT = httpx.Timeout(10, connect=3)


class SchedulingAway(Exception):
    """Scheduling did not answer whom the messages go to."""


class Recipients:
    """The connection to scheduling's answers; `token` gives a service token that is valid now."""

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=TIMEOUT)
        self.token = token

    def ask(self, rows: Sequence[Due]) -> dict[str, Answer]:
        """Answers by key, without those that cannot be understood. Raises SchedulingAway."""
        try:
            response = self.http.post(
                "/internal/v1/recipients",
                json={"items": [question(row) for row in rows]},
                headers={"Authorization": f"Bearer {self.token()}"},
            )
            response.raise_for_status()
            answered: list[dict[str, Any]] = msgspec.json.decode(response.content)["items"]
        except (httpx.HTTPError, msgspec.DecodeError, KeyError, TypeError) as error:
            raise SchedulingAway(type(error).__name__) from error
        return {str(item.get("key")): answer for item in answered if (answer := understood(item)) is not None}

    def close(self) -> None:
        self.http.close()


def question(row: Due) -> dict[str, str]:
    return {
        "key": row.key,
        "chain_id": str(row.chain_id),
        "client_id": str(row.client_id),
        "appointment_id": str(row.about),
        "kind": row.kind,
    }


def understood(item: dict[str, Any]) -> Answer | None:
    try:
        return Unreachable(item["stop"]) if item.get("stop") else msgspec.convert(item, Recipient)
    except msgspec.ValidationError:
        return None
