"""What a letter about reports brings along: asked of treatment when it is about to go out, and kept nowhere else.

Treatment says what the reader may have at that moment; without its word no such letter goes out.
"""

import structlog

from workers.messages.model import Answer, Due, Notice, NotKnown, ReportNotice, Unwanted
from workers.messages.treatment import NotTaken, Treatment

log = structlog.get_logger()


def completed(row: Due, answer: Answer, treatment: Treatment) -> Answer:
    """The letter with the reports it is about; of other messages nothing is asked."""
    if row.kind != "staff_report" or not isinstance(answer, Notice):
        return answer
    try:
        given = treatment.reports(row, answer)
    except NotTaken as error:
        log.warning("reports_not_given", error=str(error), messages=1)
        return NotKnown()
    if given.reports is None:
        return Unwanted(given.stop or "unknown")
    known = {name: getattr(answer, name) for name in Notice.__slots__}
    known["link"] = f"{answer.link}?period={given.reports.period}"
    return ReportNotice(**known, reports=given.reports)
