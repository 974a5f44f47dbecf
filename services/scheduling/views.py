"""All read models of scheduling, in the order in which they are applied to an event."""

from services.scheduling.appointments import views as appointments
from services.scheduling.directory import views as directory

VIEWS = (*directory.VIEWS, *appointments.VIEWS)
