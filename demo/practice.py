"""A therapist's tablet: sessions charted in loops, some of them long after, and patterns that follow from them.

All ids are made from what a thing is, so that charting again what was charted already changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx

from demo.api import Api, content

Json = dict[str, Any]
Ids = dict[str, str]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What stands in (`overactive`) for what does not work (`inhibited`), each with its side."""

    overactive: tuple[str, str]
    inhibited: tuple[str, str]

    @property
    def members(self) -> list[Json]:
        return [
            {"target": target, "side": side, "role": role}
            for role, (target, side) in (("overactive", self.overactive), ("inhibited", self.inhibited))
        ]


@dataclass
class Session:
    """One session being charted; `name` tells it from all others of its client."""

    practice: "Practice"
    client_id: str
    name: str
    began_at: datetime
    episode_id: str | None = None
    appointment_id: str | None = None
    entries: list[Json] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.made("session")

    def made(self, what: str) -> str:
        return str(uuid5(UUID(self.client_id), f"{self.name} {what}"))

    def add(self, kind: str, **content: Any) -> str:
        entry_id = self.made(f"entry {len(self.entries)}")
        at = self.began_at + (2 + 3 * len(self.entries)) * MINUTE
        self.entries.append({"type": kind, "id": entry_id, "happened_at": at.isoformat()} | content)
        return entry_id

    def pain(self, value: int, when: str) -> str:
        return self.add("pain_score", value=value, when=when, source="client")

    def test(self, place: tuple[str, str], response: str, **more: Any) -> str:
        target, side = place
        return self.add(
            "retest" if "of_test_id" in more else "test", target=target, side=side, response=response, **more
        )

    def find(self, pair: Pair) -> tuple[str, str]:
        """The inhibited one fails, and holds while the overactive one is touched; the two tests."""
        target, side = pair.overactive
        touch = {"type": "therapy_localisation", "target": target, "side": side}
        failed = self.test(pair.inhibited, "fails")
        return failed, self.test(pair.inhibited, "holds", provocation=touch, of_test_id=failed)

    def correct(self, pair: Pair, failed: str, response: str = "holds") -> str:
        """Release, activation, retest; the loop."""
        loop = self.made(f"loop {len(self.entries)}")
        released, activated = pair.overactive, pair.inhibited
        where = {"target": released[0], "side": released[1], "loop_id": loop}
        self.add("release", technique="sustained-pressure", seconds=60, **where)
        where = {"target": activated[0], "side": activated[1], "loop_id": loop}
        self.add("activation", exercise="low-load-contraction", reps=8, **where)
        self.test(pair.inhibited, response, of_test_id=failed, loop_id=loop)
        return loop

    def chart(self, *, sign: bool = True) -> Json:
        """Send all of it, as a tablet does that was offline, and sign and lock it. Raises Unexpected."""
        started = {
            "id": self.id,
            "client_id": self.client_id,
            "clinic_id": self.practice.clinic_id,
            "episode_id": self.episode_id,
            "appointment_id": self.appointment_id,
            "started_at": self.began_at.isoformat(),
        }
        self.practice.post("/v1/sessions", started, self.made("start"), expected=(httpx.codes.OK, httpx.codes.CREATED))
        path = f"/v1/sessions/{self.id}"
        self.practice.post(f"{path}/entries", {"entries": self.entries}, self.made("entries"))
        if not sign:
            return self.practice.read(path)
        leaves = {"leaves": ["pain_before", "pain_after", "outcome", "release", "activation", "retest"]}
        self.practice.post(f"{path}/sign", leaves, self.made("sign"), expected=(httpx.codes.OK,))
        return self.practice.post(f"{path}/lock", {}, self.made("lock"), expected=(httpx.codes.OK,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """One therapist at one clinic, and their calls of the treatment service."""

    api: Api
    clinic_id: str
    therapist_id: str

    def post(self, path: str, body: Json, key: str, *, expected: Sequence[int] = (httpx.codes.CREATED,)) -> Json:
        """Raises Unexpected."""
        answer = self.api.send("POST", path, body, key=key)
        made: Json = content(answer, answer.status_code if answer.status_code in expected else expected[0])
        return made

    def read(self, path: str, query: Json | None = None) -> Json:
        found: Json = self.api.read(path, query)
        return found

    def episode(self, client_id: str, place: tuple[str, str], complaint: str, pain: int, at: datetime) -> str:
        """An episode of care with its baseline, by its id. Raises Unexpected."""
        key = str(uuid5(UUID(client_id), f"episode {at.isoformat()}"))
        opened = {"client_id": client_id, "target": place[0], "side": place[1], "complaint": complaint}
        opened |= {"opened_from": "none", "lead_therapist_id": self.therapist_id, "clinic_id": self.clinic_id}
        opened |= {"happened_at": at.isoformat()}
        episode_id: str = self.post("/v1/episodes", opened, key)["id"]
        if self.read(f"/v1/episodes/{episode_id}")["baseline"] is not None:
            return episode_id
        scores = {"nrs_now": pain, "nrs_worst": min(10, pain + 2), "nrs_average": pain, "happened_at": at.isoformat()}
        baseline = self.api.send("PUT", f"/v1/episodes/{episode_id}/baseline", scores, version="*")
        content(baseline, httpx.codes.OK)
        return episode_id

    def pattern(self, session: Session, pair: Pair, **more: Any) -> str:
        """A pattern supposed in a session, by its id. Raises Unexpected."""
        body = {"client_id": session.client_id, "session_id": session.id, "episode_id": session.episode_id}
        pattern_id: str = self.post(
            "/v1/patterns", body | {"members": pair.members} | more, session.made(f"pattern {pair.inhibited}")
        )["id"]
        return pattern_id

    def change(self, pattern_id: str, what: str, **body: Any) -> Json:
        """A change of a pattern, as it is then. Raises Unexpected."""
        key = str(uuid5(UUID(pattern_id), f"{what} {sorted(body.items())}"))
        return self.post(f"/v1/patterns/{pattern_id}/{what}", body, key, expected=(httpx.codes.OK,))
