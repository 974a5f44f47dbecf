"""No message about a question or homework goes out once it is settled, whoever dies and however often it is tried."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.events import treatment_check_ins as c, treatment_homework as h
from shared.events.scheduling_erasure import ClientErased
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.contracts.examples import EXAMPLES
from tests.support.asking import WAY
from tests.support.sending import NOON, Office, an_office
from workers.messages import leases
from workers.messages.channels import UNREPEATABLE

Subject = Literal["question", "homework"]
MOST = {"question": 3, "homework": 1}
"""An invitation with two reminders, and one message."""

PLANNED: c.CheckInPlanned = EXAMPLES["treatment.check_in_planned.v1"]
ANSWERED: c.CheckInAnswered = EXAMPLES["treatment.check_in_answered.v1"]
CANCELLED: c.CheckInCancelled = EXAMPLES["treatment.check_in_cancelled.v1"]
GIVEN: h.HomeworkAssigned = EXAMPLES["treatment.homework_assigned.v1"]
STOPPED: h.HomeworkStopped = EXAMPLES["treatment.homework_stopped.v1"]
ERASED: ClientErased = EXAMPLES["scheduling.client_erased.v1"]

numbers = st.integers(0, 3)
wants = st.tuples(st.just("want"), st.sampled_from(["question", "homework"]))
settles = st.tuples(st.just("settle"), numbers, st.sampled_from(["done", "taken back", "erased"]))
passes = st.tuples(st.just("pass"), st.sampled_from([1, 7, 24, 72]))
tries = st.tuples(st.sampled_from(["send", "die"]))
histories = st.lists(st.one_of(wants, settles, passes, tries, tries), min_size=4, max_size=14)


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        office.sender()
        yield office


@dataclass
class Life:
    """What clients are written about, each about one thing, and which of it is settled."""

    office: Office
    wanted: list[tuple[Subject, UUID, UUID]] = field(default_factory=list)
    settled: set[UUID] = field(default_factory=set)

    def want(self, subject: Subject) -> None:
        about, client_id = new_id(), new_id()
        self.wanted.append((subject, about, client_id))
        self.office.scheduling.answers[client_id] = WAY | {"address": f"{client_id}@demo.example"}
        now = self.office.clock.now
        ids: dict[str, Any] = {"client_id": client_id}
        if subject == "question":
            self.tell(client_id, replace(PLANNED, **ids, check_in_id=about, due_on=now.date(), due_time="18:00"))
        else:
            until: dict[str, Any] = {"until": date(2026, 12, 31), "session_id": None}
            self.tell(about, replace(GIVEN, **ids, **until, homework_id=about))

    def settle(self, number: int, how: str) -> None:
        """By what ends it: done or taken back, or its client erased."""
        if not self.wanted:
            return
        subject, about, client_id = self.wanted[number % len(self.wanted)]
        self.settled.add(client_id)
        ids: dict[str, Any] = {"client_id": client_id}
        if how == "erased":
            self.tell(client_id, replace(ERASED, **ids, client_ids=(client_id,)))
        elif subject == "homework":
            self.tell(about, replace(STOPPED, **ids, homework_id=about))
        else:
            self.tell(client_id, replace(ANSWERED if how == "done" else CANCELLED, **ids, check_in_id=about))

    def tell(self, stream: UUID, event: Any) -> None:
        self.office.workers.tell(event, self.office.clock.now, stream=f"of-{stream}")

    def die(self) -> None:
        """A sender that takes what is due, and is never heard of again."""
        with self.office.workers.engine.begin() as connection:
            leases.claim(connection, new_id(), self.office.clock.now, UNREPEATABLE)

    def sent(self) -> Counter[UUID]:
        return Counter(UUID(to.partition("@")[0]) for to in self.office.mail.addresses())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_what_is_settled_is_written_about_no_more_and_nothing_too_often(
    office: Office, history: list[tuple[Any, ...]]
) -> None:
    office.workers.change("UPDATE due_messages SET state = 'withdrawn', lease_token = NULL WHERE state <> 'sent'")
    office.clock.now = NOON
    life = Life(office)
    for step, *values in history:
        before = life.sent()
        match step:
            case "want":
                life.want(*values)
            case "settle":
                life.settle(*values)
            case "pass":
                office.clock.now += timedelta(hours=values[0])
            case "send":
                for _ in range(2):
                    office.senders[0].send_batch()
            case "die":
                life.die()
            case _:
                raise AssertionError(step)
        assert not (life.sent() - before).keys() & life.settled
    counted = life.sent()
    assert all(counted[client_id] <= MOST[subject] for subject, _, client_id in life.wanted)
