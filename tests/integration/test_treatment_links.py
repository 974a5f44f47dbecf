"""Treatment's links: each opens one thing of one client in one chain, for as long as it is good, and dies with them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.treatment.links import FIND, Target, find, mint, once
from shared.events.scheduling_contacts import ContactPointBlocked, ContactPointReplaced
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.events.treatment_links import Purpose
from shared.ids import made_at, new_id
from shared.links import parse
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

WEEK = timedelta(days=7)


def a_link(treatment: Treatment, client_id: UUID, purpose: Purpose = "check_in", now: datetime | None = None) -> str:
    now = now or datetime.now(UTC)
    target = Target(purpose=purpose, client_id=client_id, about=new_id(), good_until=now + WEEK, expires_at=now + WEEK)
    with treatment.database.reading(treatment.chain_id) as connection:
        return mint(connection, treatment.chain_id, [target], now)[0]


def token_in(path: str) -> bytes:
    found = parse(path.split("/")[2])
    assert found is not None
    return found[1]


def opens(
    treatment: Treatment, path: str, purpose: Purpose = "check_in", *, after: timedelta = timedelta(minutes=1)
) -> Any:
    """Whose the link is; None when it opens nothing."""
    with treatment.database.reading(treatment.chain_id) as connection:
        found = find(connection, token_in(path), purpose, datetime.now(UTC) + after)
    return found.client_id if found else None


def test_each_target_has_a_link_of_its_own_and_no_token_is_kept(treatment: Treatment) -> None:
    client_id, now = treatment.client(), datetime.now(UTC)
    targets = [
        Target(purpose="check_in", client_id=client_id, about=new_id(), good_until=now + WEEK, expires_at=now + WEEK),
        Target(purpose="homework", client_id=client_id, about=new_id(), good_until=now + WEEK, expires_at=now + WEEK),
    ]
    with treatment.database.reading(treatment.chain_id) as connection:
        paths = mint(connection, treatment.chain_id, targets, now)
        behind = [
            find(connection, token_in(path), each.purpose, now) for path, each in zip(paths, targets, strict=True)
        ]
        kept = str(connection.execute(text("SELECT * FROM client_links")).all())
        assert mint(connection, treatment.chain_id, [], now) == []
    assert [each and each.about for each in behind] == [each.about for each in targets]
    assert paths[0].startswith("/c/")
    assert paths[1].endswith("/homework")
    assert paths[0].split("/")[2] != paths[1].split("/")[2]
    assert all(repr(token_in(path)) not in kept for path in paths)


def test_a_link_opens_nothing_else_and_not_for_ever(treatment: Treatment) -> None:
    client_id = treatment.client()
    link = a_link(treatment, client_id)
    assert opens(treatment, link) == client_id
    assert opens(treatment, link, "homework") is None
    assert opens(treatment, link, after=WEEK + timedelta(minutes=1)) is None


def test_row_level_security_alone_keeps_links_to_their_chain(treatment: Treatment) -> None:
    link, other = a_link(treatment, treatment.client()), new_id()
    with treatment.database.reading(other) as connection:
        wanted = {"token_hash": b"", "purpose": "check_in", "now": datetime.now(UTC)}
        assert connection.execute(text("SELECT count(*) FROM client_links")).scalar_one() == 0
        assert find(connection, token_in(link), "check_in", datetime.now(UTC)) is None
        assert connection.execute(FIND, wanted).first() is None


def test_a_link_follows_whoever_its_client_was_merged_into(treatment: Treatment) -> None:
    client_id, into = treatment.client(), treatment.client()
    link = a_link(treatment, client_id)
    treatment.tell(ClientsMerged(client_id=client_id, into_id=into), stream=f"client-{client_id}")
    assert opens(treatment, link) == into


def test_no_link_is_kept_of_whom_scheduling_has_let_go(treatment: Treatment) -> None:
    client_id, other = treatment.client(), treatment.client()
    gone, stays = a_link(treatment, client_id), a_link(treatment, other)
    treatment.tell(erased(client_id), stream=f"client-{client_id}")
    with treatment.database.reading(treatment.chain_id) as connection:
        assert once(connection, token_in(gone)) is None
    assert opens(treatment, stays) == other


def erased(client_id: UUID) -> ClientErased:
    return ClientErased(
        request_id=new_id(),
        client_id=client_id,
        client_ids=(client_id,),
        classes=("identity", "contact"),
        kept=(),
        undecided=(),
        keys=2,
        swept=(),
        erased_at=datetime.now(UTC),
    )


@pytest.mark.parametrize("left", ["replaced", "wrong person"])
def test_no_link_works_on_that_went_to_an_address_which_is_given_up(treatment: Treatment, left: str) -> None:
    client_id = treatment.client()
    before = a_link(treatment, client_id, now=datetime.now(UTC) - timedelta(days=1))
    treatment.tell(leaving(client_id, left), stream=f"contacts-{client_id}")
    assert opens(treatment, before) is None
    with treatment.database.reading(treatment.chain_id) as connection:
        known = once(connection, token_in(before))
    assert known is not None, "whose it was is still known, to send a fresh one"
    later = a_link(treatment, client_id, now=datetime.now(UTC) + timedelta(seconds=1))
    assert opens(treatment, later) == client_id


def leaving(client_id: UUID, left: str) -> ContactPointReplaced | ContactPointBlocked:
    if left == "replaced":
        return ContactPointReplaced(
            client_id=client_id,
            contact_point_id=new_id(),
            kind="email",
            replacement_id=None,
            address=None,
            source="staff",
            tells_former=True,
        )
    return ContactPointBlocked(client_id=client_id, contact_point_id=new_id(), cause="wrong_person", evidence=None)


def test_links_that_are_long_over_go_when_the_next_is_made(treatment: Treatment) -> None:
    client_id = treatment.client()
    old = a_link(treatment, client_id, now=datetime.now(UTC) - timedelta(days=98))
    a_link(treatment, treatment.client())
    with treatment.database.reading(treatment.chain_id) as connection:
        assert once(connection, token_in(old)) is not None
    a_link(treatment, client_id)
    with treatment.database.reading(treatment.chain_id) as connection:
        assert once(connection, token_in(old)) is None


def test_an_id_says_when_it_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= made_at(new_id()) <= datetime.now(UTC)
