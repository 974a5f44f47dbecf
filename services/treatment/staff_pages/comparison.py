"""Two reports of the same on the same period beside each other, as known at two moments: what differs between them."""

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request

from services.treatment.caseload_reports import routes as api
from services.treatment.staff_pages.report import called
from services.treatment.staff_pages.reports import titled, words_here
from services.treatment.staff_pages.showing import shown
from shared.http.problems import BadFields
from shared.reports.restated import differences
from shared.reports.restatement import compared
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.browser import id_in
from shared.staff_web.visiting import visitor

blueprint = pages_blueprint("treatment_comparison")


@blueprint.get("/reports/<uuid:report_id>/comparison")
def show_comparison(report_id: UUID) -> str:
    """The earlier of the two first, each as the caller may see it; without another it is beside itself.

    Raises BadFields when they are of other things.
    """
    who, words = visitor(), words_here()
    other_id = id_in(request.args.get("with", str(report_id)))
    with who.reading() as connection:
        call = who.call(connection)
        row = api.seen(call, report_id)
        found = {each: api.published(call, each) for each in (report_id, other_id)}
    if len({(each.scope, each.period.name) for each in found.values()}) > 1:
        raise BadFields(**{"with": ["This report is of another scope or period."]})
    ids = sorted(found, key=lambda each: found[each].as_of.at)
    before, after = found[ids[0]], found[ids[-1]]
    numbers = compared(before.metrics, after.metrics)
    told = differences(numbers, words)
    return shown(
        "comparison.html",
        who,
        here="reports",
        ids=(ids[0], ids[-1]),
        moments=[words.moment(each.as_of.at.astimezone(ZoneInfo(each.period.time_zone))) for each in (before, after)],
        told=told,
        alike=len(numbers) - len(told),
        whose=called(who, row),
        period=titled(row.period, words),
    )
