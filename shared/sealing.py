"""Personal fields are stored in an envelope that names person and class, so that the log never has to change shape."""

from typing import Any, Protocol
from uuid import UUID

SEALED = "$sealed"


class Sealer(Protocol):
    """Puts a personal value into its envelope and takes it out again."""

    def seal(
        self, value: Any, *, chain_id: UUID, event_id: UUID, field: str, data_class: str, subject: UUID
    ) -> dict[str, Any]:
        """The envelope of a JSON value."""

    def open(self, envelope: dict[str, Any], *, chain_id: UUID, event_id: UUID, field: str) -> Any:
        """The JSON value of an envelope."""


class PlainSealer:
    """Keeps the value readable inside its envelope."""

    def seal(
        self, value: Any, *, chain_id: UUID, event_id: UUID, field: str, data_class: str, subject: UUID
    ) -> dict[str, Any]:
        del chain_id, event_id, field
        return {SEALED: "plain", "class": data_class, "subject": str(subject), "v": value}

    def open(self, envelope: dict[str, Any], *, chain_id: UUID, event_id: UUID, field: str) -> Any:
        del chain_id, event_id
        if envelope.get(SEALED) != "plain":
            message = f"the field {field} is sealed in a way this version does not know"
            raise ValueError(message)
        return envelope["v"]
