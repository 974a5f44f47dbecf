"""What all examples of events share: who and where, and when."""

from datetime import UTC, datetime
from uuid import UUID


def an_id(number: int) -> UUID:
    return UUID(f"018f5e00-0000-7000-8000-{number:012x}")


CHAIN, CLINIC, OTHER_CLINIC, ROOM, THERAPIST, OFFERING, CLIENT, VISIT, BOOKING = map(an_id, range(1, 10))
CLOSURE, TIME_OFF, EVENT = map(an_id, range(10, 13))
TASK, REPLY, RELATION, GUARDIAN = map(an_id, range(30, 34))
ROOM_OUTAGE = an_id(0xD1)
POINT, OTHER_POINT, OTHER_CLIENT = map(an_id, range(40, 43))
ERASURE = an_id(0xE1)
MEMBER, DEVICE = map(an_id, range(0xF1, 0xF3))
SESSION, EPISODE, LOOP, ENTRY, EARLIER_ENTRY = map(an_id, range(0x101, 0x106))
COVER, BREAK, GRANT = map(an_id, range(0x111, 0x114))
REPORT = an_id(0x121)

STARTS_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
LATER = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
LATER_END = datetime(2026, 3, 4, 14, 20, tzinfo=UTC)

IDS = {"front-office": "A-17"}
CONTENT_HASH = "5f" * 32
