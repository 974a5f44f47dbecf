"""The API of a therapist's own day: ids and times alone, so it opens no record; names come from scheduling."""

from typing import Any

from services.treatment.day.reading import to_chart, unsigned, visits_of_day
from services.treatment.day.schemas import (
    TO_CHART,
    UNSIGNED,
    VISITS,
    DayVisitsQuery,
    MyDayQuery,
    MyDaySchema,
    UnsignedQuery,
)
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery

blueprint = Operations("my day", __name__, url_prefix="/v1/my-day")

FIRST = {"cursor": None, "limit": 50}


@blueprint.query("", MyDaySchema, query=MyDayQuery)
def show_my_day(call: Call, query: dict[str, Any]) -> Answer:
    """The caller's day: the visits, and of whatever day what is to be charted, unsigned, and overdue."""
    return shown(call, lists_of_day(call, query))


def lists_of_day(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The first page of each list, by name."""
    return {
        "visits": visits_of_day(call, FIRST | query),
        "to_chart": to_chart(call, FIRST),
        "unsigned": unsigned(call, FIRST | {"overdue": None}),
        "overdue": unsigned(call, FIRST | {"overdue": True}),
    }


@blueprint.query("/visits", VISITS, query=DayVisitsQuery)
def list_visits_of_day(call: Call, query: dict[str, Any]) -> Answer:
    """The visits of a day in their order: the caller's own, and today those at the clinics where they cover."""
    return shown(call, visits_of_day(call, query))


@blueprint.query("/to-chart", TO_CHART, query=PageQuery)
def list_to_chart(call: Call, query: dict[str, Any]) -> Answer:
    """The caller's visits of the last 60 days that took place and have no session, the oldest first."""
    return shown(call, to_chart(call, query))


@blueprint.query("/unsigned", UNSIGNED, query=UnsignedQuery)
def list_unsigned(call: Call, query: dict[str, Any]) -> Answer:
    """The caller's sessions that wait for a signature, the oldest first; overdue 72 hours after their end."""
    return shown(call, unsigned(call, query))


def shown(call: Call, content: dict[str, Any]) -> Answer:
    """An answer that is recorded as a look for treating; its clients are those whose ids it holds."""
    call.shows(purpose="treatment")
    return Answer(content)
