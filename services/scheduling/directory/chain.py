"""A chain's policy: when clients are told and reminded, when left in peace, and in which language."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from shared.decider import Decider, NotThere
from shared.events.scheduling import ChainCreated, ChainPolicySet

TWO_DAYS, TWO_HOURS = 2880, 120


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """New values for some of the policy's fields."""

    fields: dict[str, Any]


def founding_policy(chain_id: UUID) -> ChainPolicySet:
    """What holds until the chain sets its own."""
    return ChainPolicySet(
        chain_id=chain_id,
        reminder_lead_minutes=(TWO_DAYS, TWO_HOURS),
        quiet_from="21:00",
        quiet_to="08:00",
        default_locale="en",
    )


def decide(command: ChangePolicy, policy: ChainPolicySet | None) -> list[Any]:
    if policy is None:
        raise NotThere
    following = replace(policy, **command.fields)
    return [] if following == policy else [following]


def evolve(policy: ChainPolicySet | None, event: Any) -> ChainPolicySet | None:
    match event:
        case ChainCreated(chain_id=chain_id):
            return founding_policy(chain_id)
        case ChainPolicySet():
            return event
        case _:
            return policy


CHAIN: Decider[ChainPolicySet | None, ChangePolicy] = Decider(None, decide, evolve)
