"""All read models of scheduling, in the order in which they are applied to an event."""

from services.scheduling.appointments import views as appointments
from services.scheduling.contact_tasks import views as contact_tasks
from services.scheduling.contacts import views as contacts
from services.scheduling.deliveries import views as deliveries
from services.scheduling.devices import views as devices
from services.scheduling.directory import views as directory
from services.scheduling.disruptions import views as disruptions
from services.scheduling.erasure import views as erasure
from services.scheduling.errands import views as errands
from services.scheduling.export import views as export
from services.scheduling.identity import views as identity
from services.scheduling.people import views as people
from services.scheduling.relations import views as relations
from services.scheduling.replies import views as replies
from services.scheduling.staff import views as staff

VIEWS = (
    *directory.VIEWS,
    *people.VIEWS,
    *relations.VIEWS,
    *contacts.VIEWS,
    *deliveries.VIEWS,
    *appointments.VIEWS,
    *disruptions.VIEWS,
    *contact_tasks.VIEWS,
    *replies.VIEWS,
    *erasure.VIEWS,
    *export.VIEWS,
    *errands.VIEWS,
    *staff.VIEWS,
    *identity.VIEWS,
    *devices.VIEWS,
)
