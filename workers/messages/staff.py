"""Letters to staff kept as events want them: one row for each occasion and person, none for whoever caused it.

Where nobody is there to be told, a row says so, because silence would look like quiet.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from shared.auth import CHAIN_ADMIN, MANAGER, THERAPIST, Grant
from shared.duties import CLAIM_COUNTS, ROLES, StaffLetter, holds
from shared.staff import grants_in
from shared.writing import put
from workers.messages.facts import quiet_hours_of
from workers.messages.quiet import QuietHours, until_morning

GOOD_FOR: dict[StaffLetter, timedelta] = {
    "staff_alert": timedelta(hours=24),
    "staff_escalated": timedelta(hours=24),
    "staff_glass": timedelta(days=3),
    "staff_review": timedelta(days=3),
    "staff_report": timedelta(days=5),
    "staff_address": timedelta(hours=24),
    "staff_former": timedelta(hours=24),
}
"""For so long a letter is still worth sending."""

MEMBERS = text("""
    SELECT id, therapist_id, coalesce(roles, claimed) AS roles, coalesce(mailbox.open, false) AS reachable,
      roles IS NOT NULL OR claimed_at > :claimed_since AS certain
    FROM staff LEFT JOIN mailboxes mailbox ON mailbox.staff_id = staff.id
    WHERE staff.chain_id = :chain_id AND active
      AND (coalesce(roles, claimed) IS NOT NULL OR therapist_id IS NOT NULL)
    ORDER BY id
""")
CALLED = text("""
    SELECT staff.id FROM staff LEFT JOIN logins ON logins.staff_id = staff.id
    WHERE staff.chain_id = :chain_id
      AND (CAST(staff.id AS text) = :subject OR logins.issuer || ' ' || logins.subject = :subject)
""")

# Once, and only in the read models in use: what is being rebuilt was sent when it was asked for.
WANT = text("""
INSERT INTO due_messages (key, kind, chain_id, clinic_id, staff_id, about, version, due_at, next_at, not_after, via,
  state, reason, quiet_from, quiet_to)
SELECT :key, :kind, :chain_id, :clinic_id, :staff_id, :about, 0, :at, :at, :not_after, 'email',
  CASE WHEN CAST(:staff_id AS uuid) IS NULL THEN 'stopped' ELSE 'pending' END,
  CASE WHEN CAST(:staff_id AS uuid) IS NULL THEN 'nobody' END, :quiet_from, :quiet_to
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (key) DO NOTHING
""")
WITHDRAW = text("""
UPDATE due_messages SET
  state = CASE state WHEN 'sending' THEN state ELSE 'withdrawn' END,
  reason = CASE state WHEN 'sending' THEN reason ELSE 'settled' END,
  unwanted = CASE state WHEN 'sending' THEN 'settled' END,
  lease_token = CASE state WHEN 'sending' THEN lease_token END
WHERE about = :about AND kind = ANY(:kinds) AND state IN ('pending', 'leased', 'sending')
  AND current_schema() = (SELECT schema FROM public.active_views)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Something of which staff are told; `name` is in the keys of its letters, one for each person."""

    letter: StaffLetter
    name: str
    about: UUID
    chain_id: UUID
    clinic_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here; `grants` None: what only their provider knows; `reachable`: there is an address.

    `certain`: the grants were given here, or claimed lately.
    """

    id: UUID
    grants: Sequence[Grant] | None
    therapist_id: UUID | None = None
    reachable: bool = True
    certain: bool = True


def told(
    letter: StaffLetter, members: Collection[Member], clinic_id: UUID | None, without: Collection[UUID] = ()
) -> list[UUID]:
    """Who hears of something at a clinic: all in the first of the roles in which somebody there can be reached.

    Where nobody can, all in the first role that anybody has. Whose role is not certain is told in any case, and keeps
    nobody else from being told.
    """
    others = [each for each in members if each.id not in without]
    in_roles = [[each for each in others if holds(each.grants or (), role, clinic_id)] for role in ROLES[letter]]
    by_role = [[each for each in found if each.certain] for found in in_roles]
    beside = {each.id for found in in_roles for each in found if not each.certain}
    reached = (found for found in by_role if any(each.reachable for each in found))
    there = next(reached, next(filter(None, by_role), []))
    return [*(each.id for each in there), *sorted(beside)]


def tell_lead(connection: Connection, occasion: Occasion, therapist_id: UUID) -> bool:
    """Want a letter to the therapist who leads; whether there is anybody to get it."""
    leads = [each.id for each in members_of(connection, occasion) if each.therapist_id == therapist_id]
    if leads:
        want(connection, occasion, leads)
    return bool(leads)


def tell_roles(connection: Connection, occasion: Occasion, *, caused_by: str | None = None) -> None:
    """Want a letter to each who is to hear of it in their roles, but not to who caused it; `caused_by` as in actors."""
    caused = {"chain_id": occasion.chain_id, "subject": caused_by}
    without = set(connection.execute(CALLED, caused).scalars()) if caused_by else set()
    found = told(occasion.letter, members_of(connection, occasion), occasion.clinic_id, without)
    want(connection, occasion, found)


def tell_readers(connection: Connection, occasion: Occasion) -> None:
    """Want a letter to each who has reports, those who manage or treat anywhere; in the morning, by their clock."""
    found = [each.id for each in members_of(connection, occasion) if reads_reports(each)]
    want(connection, occasion, found, until_morning(quiet_hours_of(connection, occasion.chain_id)))


def reads_reports(member: Member) -> bool:
    """Whether there may be reports for somebody; treatment says it for sure when the letter goes out."""
    if member.grants is None:
        return member.therapist_id is not None
    manages = any(grant.role in {MANAGER, CHAIN_ADMIN} for grant in member.grants)
    treats = member.therapist_id is not None and any(grant.role == THERAPIST for grant in member.grants)
    return manages or treats


def want(
    connection: Connection, occasion: Occasion, staff_ids: Sequence[UUID], quiet: QuietHours | None = None
) -> None:
    """One row for each person, and one that tells of the lack where there are none."""
    wanted: Sequence[UUID | None] = staff_ids or [None]
    rows = [
        {
            "key": f"{occasion.letter}:{occasion.name}:{staff_id or 'nobody'}",
            "kind": occasion.letter,
            "chain_id": occasion.chain_id,
            "clinic_id": occasion.clinic_id,
            "staff_id": staff_id,
            "about": occasion.about,
            "at": occasion.at,
            "not_after": occasion.at + GOOD_FOR[occasion.letter],
            "quiet_from": quiet.from_minute if quiet else None,
            "quiet_to": quiet.to_minute if quiet else None,
        }
        for staff_id in wanted
    ]
    connection.execute(WANT, rows)


def know_mailbox(connection: Connection, staff_id: UUID, chain_id: UUID, *, is_open: bool) -> None:
    """Whether letters to somebody arrive, as far as scheduling knows."""
    put(connection, "mailboxes", ("staff_id",), staff_id=staff_id, chain_id=chain_id, open=is_open)


def withdraw(connection: Connection, about: UUID, letters: Collection[StaffLetter]) -> None:
    """Send no letter about it any more: somebody has seen to it."""
    connection.execute(WITHDRAW, {"about": about, "kinds": list(letters)})


def members_of(connection: Connection, occasion: Occasion) -> list[Member]:
    """Those who work for the chain, as far as anything is known of what they do."""
    values = {"chain_id": occasion.chain_id, "claimed_since": occasion.at - CLAIM_COUNTS}
    rows = connection.execute(MEMBERS, values)
    return [
        Member(row.id, grants_in(row.roles), row.therapist_id, row.reachable, certain=bool(row.certain)) for row in rows
    ]
