"""Who calls the services, by the roles that rows of the table name together."""

from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, SERVICE, THERAPIST

DESK = (FRONT_DESK, MANAGER, CHAIN_ADMIN)
MANAGERS = (MANAGER, CHAIN_ADMIN)
ADMINS = (CHAIN_ADMIN,)
CLINICAL = (THERAPIST, MANAGER, CHAIN_ADMIN)
"""Who may see clinical records, if there is a basis for it; a desk never does."""

TREATING = (THERAPIST,)
OURS = (SERVICE,)

S = "scheduling"
T = "treatment"
SERVICES = (S, T)
