"""Golden files: events as the log stores them, one file for each event name ever stored.

`python -m tests.contracts.golden` writes the files that are missing; it never changes one that exists.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.codec import digest, encode
from shared.events import name_of
from tests.contracts.examples import EXAMPLES
from tests.contracts.who_and_when import CHAIN, EVENT
from tests.support.keys import envelopes

FOLDER = Path(__file__).parent / "events"
METADATA = {
    "actor": "desk-1",
    "role": "front_desk",
    "origin": "api",
    "correlation_id": "example",
    "clinic_id": None,
    "causation_id": None,
    "purpose": None,
}


def as_stored(event: Any) -> dict[str, Any]:
    """The row of the log for an example, with the digest that its hash is made of."""
    name = name_of(type(event))
    data = encode(event, envelopes(event, CHAIN, EVENT))
    row = {"stream": "example", "version": 1, "name": name, "data": data, "metadata": METADATA}
    return row | {"digest": digest_of(row)}


def digest_of(row: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of a row's canonical form."""
    kept = {field: row[field] for field in ("stream", "version", "name", "data", "metadata")}
    return digest(chain_id=CHAIN, event_id=EVENT, **kept).hex()


def read_golden(name: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return row


def write_missing() -> None:
    for name, event in EXAMPLES.items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(as_stored(event), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_missing()
