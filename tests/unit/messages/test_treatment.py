"""What treatment answers says whether the same may be taken later or was refused, and why."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from structlog.testing import capture_logs

from workers.messages.treatment import Treatment, TreatmentAway, TreatmentRefused

Answering = Callable[[int, bytes], Treatment]


@pytest.fixture
def answering() -> Iterator[Answering]:
    opened: list[Treatment] = []

    def made(status: int, content: bytes) -> Treatment:
        treatment = Treatment("http://treatment", lambda: "a token")
        treatment.http.close()
        answer = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
        treatment.http = httpx.Client(transport=answer, base_url="http://treatment")
        opened.append(treatment)
        return treatment

    yield made
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (422, b'{"code": "bad_fields", "status": 422}', "bad_fields"),
        (409, b'{"code": "not_all_published"}', "not_all_published"),
        (404, b"<html>", "unknown"),
    ],
)
def test_what_treatment_does_not_take_is_refused_for_a_reason(
    answering: Answering, status: int, content: bytes, code: str
) -> None:
    with capture_logs() as logs, pytest.raises(TreatmentRefused) as refused:
        answering(status, content).escalate_due()
    assert (refused.value.status, refused.value.code) == (status, code)
    [line] = logs
    assert (line["log_level"], line["status"], line["code"]) == ("error", status, code)


@pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500, 503])
def test_what_may_be_taken_later_is_not_refused(answering: Answering, status: int) -> None:
    with capture_logs() as logs, pytest.raises(TreatmentAway, match=f"{status} not_now"):
        answering(status, b'{"code": "not_now"}').escalate_due()
    assert logs == []
