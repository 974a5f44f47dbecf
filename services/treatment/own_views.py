"""All read models of treatment's own events, in the order in which they are applied to an event.

A read model is fed by one log alone, this one or scheduling's (`views`), so the order between the two never matters:
what is of both is joined when it is read.
"""

from services.treatment.access import views as access
from services.treatment.alerts import views as alerts
from services.treatment.amendment_requests import views as amendment_requests
from services.treatment.caseload_reports import views as caseload_reports
from services.treatment.check_ins import views as check_ins
from services.treatment.episodes import views as episodes
from services.treatment.homework import views as homework
from services.treatment.patterns import views as patterns
from services.treatment.record import views as record
from services.treatment.sessions import views as sessions

OWN_VIEWS = (
    *access.VIEWS,
    *record.VIEWS,
    *sessions.VIEWS,
    *episodes.VIEWS,
    *patterns.VIEWS,
    *homework.VIEWS,
    *amendment_requests.VIEWS,
    *alerts.VIEWS,
    *check_ins.VIEWS,
    *caseload_reports.VIEWS,
)
