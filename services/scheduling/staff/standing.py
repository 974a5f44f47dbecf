"""A chain is never left without somebody who runs it, and a login or a therapist is one person's."""

from sqlalchemy import text

from services.scheduling.staff.decider import Member
from shared.auth import CHAIN_ADMIN
from shared.decider import Refused
from shared.events.scheduling_identity import GroupRole, IdentityProviderSet
from shared.http.operations import Call

# A login of an issuer that was shut lets nobody in.
RUNNING = """
    SELECT count(*) FROM staff
    WHERE active AND roles @> '[{"role": "chain_admin", "clinics": null}]'
      AND EXISTS (
        SELECT FROM logins LEFT JOIN identity_providers provider USING (chain_id, issuer)
        WHERE logins.staff_id = staff.id AND logins.attached AND provider.enabled IS NOT false)
"""
SOMEBODY = text(RUNNING)
FORMER = text("SELECT count(*) FROM identity_providers WHERE issuer = :issuer")
OTHERS = text(f"{RUNNING} AND id <> :staff_id")


class LoginTaken(Refused):
    """The login is attached to somebody else; detach it there first."""

    code = "login_taken"


class TherapistTaken(Refused):
    """The therapist is linked to somebody else."""

    code = "therapist_taken"


class LastChainAdmin(Refused):
    """Nobody would be left who runs the chain; make somebody else chain_admin first."""

    code = "last_chain_admin"


def must_leave_an_admin(call: Call, before: Member, after: Member) -> None:
    """Refuse with LastChainAdmin what would shut out the last one; to be called under the lock on the chain's staff.

    Who runs the chain because the identity provider says so may let others go, and cannot shut the door behind
    themselves.
    """
    ran = before.runs_the_chain or (is_caller(call, after) and runs_everything(call))
    if not ran or after.runs_the_chain or stays_by_claims(call, after):
        return
    others: int = call.connection.execute(OTHERS, {"staff_id": after.id}).scalar_one()
    if others == 0 and (is_caller(call, after) or call.caller.given_here or not runs_everything(call)):
        raise LastChainAdmin


def must_stay_open(call: Call, provider: IdentityProviderSet | None) -> None:
    """Refuse with LastChainAdmin new settings of the identity provider that would leave nobody who runs the chain.

    Whoever came in by the issuer of the settings comes in by it again. To be called once the settings are in the read
    models, under the lock on the chain's staff.
    """
    stays = call.connection.execute(FORMER, {"issuer": call.caller.issuer}).scalar_one() == 0
    if stays or (provider and provider.enabled and any(map(runs_the_chain, provider.roles))):
        return
    if call.connection.execute(SOMEBODY).scalar_one() == 0:
        raise LastChainAdmin


def runs_the_chain(rule: GroupRole) -> bool:
    return rule.role == CHAIN_ADMIN and rule.clinics is None


def is_caller(call: Call, member: Member) -> bool:
    """Whether the member is who calls, by their login or as the person that the login has just become."""
    return call.caller.staff_id == member.id or call.caller.subject in {" ".join(login) for login in member.logins}


def runs_everything(call: Call) -> bool:
    return any(grant.role == CHAIN_ADMIN and grant.clinics is None for grant in call.caller.grants)


def stays_by_claims(call: Call, member: Member) -> bool:
    """Whether the caller goes on to run the chain because the identity provider says so."""
    comes_in = member.active and member.roles is None and bool(member.logins)
    return comes_in and is_caller(call, member) and runs_everything(call) and not call.caller.given_here
