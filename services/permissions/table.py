"""Who may do what: every operation of both services, in the order of the API's parts.

Guards, tests and docs/permissions.md are made from this table; a route that is not in it fails at start.
"""

from services.permissions.desk import COLLEAGUES, DIRECTORY, PEOPLE, VISITS
from services.permissions.machines import MACHINES
from services.permissions.pages import LINKS, LINKS_OF_TREATMENT, STAFF_PAGES
from services.permissions.record import ACCESS_TO_RECORDS, RECORD

TABLE = {
    "Visits": VISITS,
    "Clients": PEOPLE,
    "Clinics, therapists and offerings": DIRECTORY,
    "Staff": COLLEAGUES,
    "The treatment record": RECORD,
    "Access to records": ACCESS_TO_RECORDS,
    "Links of clients": (*LINKS, *LINKS_OF_TREATMENT),
    "Pages of staff": STAFF_PAGES,
    "Machines": MACHINES,
}
OPERATIONS = tuple(row for part in TABLE.values() for row in part)
