"""A client gets everything that is known about them, under all their ids, and nothing of anybody else."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask

from services.scheduling.export.archive import FOLDER
from services.scheduling.export.treatment import EXTENSION as TREATMENT
from shared.auth import Role
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import Chain, NewChain, at, set_clock
from tests.support.care import opened, scored, started
from tests.support.log import WHO
from tests.support.treatment import Treatment, follow, treatment_away

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("reached")]
HOSTILE = "<script>alert(1)</script> =HYPERLINK(1)"


def ask(chain: Chain, client: Any) -> Any:
    return chain.desk.post(f"/v1/clients/{client['id']}/exports")


def fetched(chain: Chain, client: Any) -> dict[str, bytes]:
    response = chain.desk.call("GET", ask(chain, client)["archive"], 200)
    assert response.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_that_was_entered_about_a_client_is_in_the_archive(chain: Chain) -> None:
    ready = chain.ready()
    client = chain.person(
        name="Carla Demo", called="Carly", birth_date="1981-02-03", email="carla@demo.example", phone="+4915100004711"
    )
    visit = ready.book(at(3), client_id=client["id"], override_reason="called in a hurry", notify=False)
    chain.desk.change(visit, "cancel", initiator="client", reason="has a cold")
    path = f"/v1/clients/{client['id']}"
    permission = {"purpose": "care", "source": "paper", "evidence": "form 7"}
    chain.desk.post(f"{path}/permissions/give", permission, 200, If_Match="*")
    other = chain.person(name="Somebody Else", email="else@demo.example")
    relation = {"related_client_id": other["id"], "kind": "carer", "may": ["book"], "source": "client"}
    chain.desk.post(f"{path}/relations", relation | {"evidence": "said so at the desk"})
    files = fetched(chain, client)
    said = files["export.json"].decode()
    for word in ("Carla Demo", "Carly", "1981-02-03", "carla@demo.example", "has a cold", "form 7", "said so at"):
        assert word in said
    assert "Somebody Else" not in said
    assert "else@demo.example" not in said
    found = json.loads(said)
    assert found.keys() - {"format", "version", "explained"} == found["explained"].keys() - {"format"}
    assert [each["status"] for each in found["visits"]] == ["cancelled"]
    assert {"scheduling.client_registered.v1", "scheduling.appointment_cancelled.v1"} <= {
        each["what"] for each in found["history"]
    }


def test_both_records_of_one_person_are_in_it(chain: Chain) -> None:
    one, two = chain.person(name="Demo One"), chain.person(name="Demo Two", email="two@demo.example")
    chain.desk.post(f"/v1/clients/{two['id']}/merge", {"into": one["id"]}, 200)
    found = json.loads(fetched(chain, two)["export.json"])
    assert found["ids"] == [one["id"], two["id"]]
    assert {each["name"] for each in found["person"]} == {"Demo One", "Demo Two"}
    assert {each["address"] for each in found["contact_points"]} == {"client@demo.example", "two@demo.example"}


def test_the_page_speaks_the_clients_language_and_shows_what_was_typed_as_text(chain: Chain) -> None:
    page = fetched(chain, chain.person(name=HOSTILE, locale="de-AT"))["export.html"].decode()
    assert '<html lang="de">' in page
    assert "Was wir über Sie wissen" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_export_is_recorded_and_is_for_whoever_asked_for_it_and_not_for_long(chain: Chain) -> None:
    client = chain.person()
    asked = ask(chain, client)
    chain.caller("front_desk", subject="somebody-else").get(asked["archive"], 404)
    set_clock(chain, datetime.now(UTC) + timedelta(hours=2))
    chain.desk.get(asked["archive"], 404)


def test_another_chain_gets_nothing(new_chain: NewChain) -> None:
    mine, theirs = new_chain("export-mine"), new_chain("export-theirs")
    client = mine.person()
    theirs.desk.problem("POST", f"/v1/clients/{client['id']}/exports", 404, {})
    theirs.desk.get(ask(mine, client)["archive"], 404)


def test_every_text_of_the_page_is_translated() -> None:
    methods = [("**/templates/**.html", "jinja2.ext:babel_extract")]
    options = {"**/templates/**.html": {"trimmed": "true"}}
    found = {message for _, _, message, _, _ in extract_from_dir(str(FOLDER), methods, options)}
    with Path(FOLDER / "locale" / "de" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = {message.id for message in read_po(source) if message.id and message.string}
    assert catalogue == found


@pytest.fixture
def treatment(chain: Chain, treatment_app: Flask) -> Treatment:
    """Treatment of the same chain."""
    return Treatment(treatment_app, chain.keys, chain.id)


def looked_at(treatment: Treatment, client: Any, settings: Settings) -> None:
    """Somebody breaks the glass of the client's record."""
    follow(treatment.app, settings.scheduling)
    somebody = treatment.caller("manager", subject="a curious manager")
    somebody.post("/v1/break-glass", {"client_id": client["id"], "reason": "Fainted in the waiting room."})


def looks_in(files: dict[str, bytes]) -> Any:
    return json.loads(files["export.json"])["accesses"]["clinical_record"]


def test_who_broke_the_glass_is_in_it_by_role_and_fetching_that_is_a_look_too(
    chain: Chain, treatment: Treatment, pages_settings: Settings
) -> None:
    one, two = chain.person(name="Demo One"), chain.person(name="Demo Two", email="two@demo.example")
    looked_at(treatment, two, pages_settings)
    chain.desk.post(f"/v1/clients/{two['id']}/merge", {"into": one["id"]}, 200)
    files = fetched(chain, one)
    (glass,) = looks_in(files)
    assert (glass["by"], glass["purpose"], glass["operation"]) == ("manager", "break_glass", "POST /v1/break-glass")
    assert b"a curious manager" not in files["export.json"]
    newest, _ = looks_in(fetched(chain, one))
    assert (newest["by"], newest["purpose"]) == ("service", "client_request")


def test_more_looks_than_a_page_holds_are_all_in_it_once(
    chain: Chain, treatment: Treatment, pages_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = chain.person()
    looked_at(treatment, client, pages_settings)
    for _ in range(4):
        treatment.caller("manager").get(f"/v1/clients/{client['id']}/access-log")
    monkeypatch.setattr("services.scheduling.export.treatment.AT_ONCE", 2)
    assert [each["purpose"] for each in looks_in(fetched(chain, client))] == ["audit"] * 4 + ["break_glass"]


def test_an_archive_is_made_of_both_services_or_not_at_all(chain: Chain) -> None:
    client = chain.person()
    path = ask(chain, client)["archive"]
    with treatment_away(chain.app, chain.keys):
        answer = chain.desk.call("GET", path, 503)
    assert "other_service_away" in answer.text
    assert "Retry-After" in answer.headers
    operations = [each["operation"] for each in chain.admin.get(f"/v1/clients/{client['id']}/access-log")["items"]]
    assert not any("exports/<uuid:export_id>" in each for each in operations)
    chain.desk.call("GET", path, 200)


def test_what_a_desk_hands_out_has_no_clinical_record_and_says_so(chain: Chain) -> None:
    files = fetched(chain, chain.person())
    found = json.loads(files["export.json"])
    assert found["lacks"] == ["clinical_record"]
    assert "Ask your clinic" in found["explained"]["lacks"]
    assert "is for you alone and not in this file" in files["export.html"].decode()
    assert files.keys() == {"export.json", "export.html"}


def opened_to(treatment: Treatment, client: Any, settings: Settings, role: Role, subject: str) -> None:
    """Somebody has broken the glass of the client's record, in which a session stands."""
    follow(treatment.app, settings.scheduling)
    now = datetime.now(UTC)
    episode = opened(UUID(client["id"]), new_id(), new_id(), now)
    session = started(episode, now)
    told = (session, scored(session, 1, 6, note="afraid of stairs"))
    treatment.database.command(treatment.chain_id, WHO, lambda tx: tx.append(f"session-{session.session_id}", 0, told))
    somebody = treatment.caller(role, subject=subject)
    somebody.post("/v1/break-glass", {"client_id": client["id"], "reason": "The client asks for everything."})


def whole(chain: Chain, asked: Any, role: Role, subject: str) -> dict[str, bytes]:
    response = chain.caller(role, subject=subject).call("GET", asked["whole"], 200)
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_staff_to_whom_the_record_is_open_hand_out_one_archive_with_everything(
    chain: Chain, treatment: Treatment, pages_settings: Settings
) -> None:
    client = chain.person(name="Carla Demo")
    opened_to(treatment, client, pages_settings, "therapist", "who-treats")
    asked = ask(chain, client)
    files = whole(chain, asked, "therapist", "who-treats")
    assert json.loads(files["export.json"])["lacks"] == []
    assert b"Carla Demo" in files["export.json"]
    assert b"afraid of stairs" in files["clinical-record.json"]
    assert b"afraid of stairs" in files["clinical-record.html"]
    assert files["clinical-record.html"].count(b"Your treatment record") == 2
    looks = treatment.caller("chain_admin").get(f"/v1/clients/{client['id']}/access-log")["items"]
    (look,) = (each for each in looks if each["operation"].endswith("/whole-record"))
    assert (look["actor"].split()[-1], look["purpose"], look["data_class"]) == ("who-treats", "break_glass", "clinical")


def test_whoever_has_no_open_record_gets_no_whole_archive(
    chain: Chain, treatment: Treatment, pages_settings: Settings
) -> None:
    client = chain.person()
    opened_to(treatment, client, pages_settings, "manager", "who-looks")
    asked = ask(chain, client)
    assert chain.desk.problem("GET", asked["whole"], 403)["code"] != "no_basis", "a desk never may"
    assert chain.caller("manager", subject="another").problem("GET", asked["whole"], 403)["code"] == "no_basis"
    chain.caller("manager", subject="who-looks").call("GET", asked["archive"], 404)
    assert "clinical-record.json" in whole(chain, asked, "manager", "who-looks")
    set_clock(chain, datetime.now(UTC) + timedelta(hours=2))
    chain.caller("manager", subject="who-looks").call("GET", asked["whole"], 404)


def test_no_whole_archive_lacks_a_part_of_which_treatment_has_not_heard(
    chain: Chain, treatment: Treatment, pages_settings: Settings
) -> None:
    one, two = chain.person(name="Demo One"), chain.person(name="Demo Two", email="two@demo.example")
    opened_to(treatment, one, pages_settings, "manager", "who-looks")
    chain.desk.post(f"/v1/clients/{two['id']}/merge", {"into": one["id"]}, 200)
    asked = ask(chain, one)
    caller = chain.caller("manager", subject="who-looks")
    assert caller.problem("GET", asked["whole"], 503)["code"] == "other_service_away"
    follow(treatment.app, pages_settings.scheduling)
    caller.call("GET", asked["whole"], 200)
    with treatment_away(chain.app, chain.keys):
        caller.call("GET", asked["whole"], 503)


def test_another_chains_service_question_finds_nothing(
    chain: Chain, new_chain: NewChain, treatment: Treatment, pages_settings: Settings
) -> None:
    client = chain.person()
    looked_at(treatment, client, pages_settings)
    other = new_chain("other").id
    connection = chain.app.extensions[TREATMENT]
    assert connection.about(other, [UUID(client["id"])], "a-request")["accesses"] == []
    assert len(connection.about(chain.id, [UUID(client["id"])], "a-request")["accesses"]) == 1
