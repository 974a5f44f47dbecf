"""The directory's API: one file for each kind of resource."""

from services.scheduling.directory.routes import absences, chain, clinics, offerings, rooms, therapists

BLUEPRINTS = (
    chain.blueprint,
    clinics.blueprint,
    rooms.blueprint,
    *absences.BLUEPRINTS,
    therapists.blueprint,
    offerings.blueprint,
)
