"""Events are followed up or left alone on purpose, and nothing personal is stored outside the fields that are sealed."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from services.scheduling import views as scheduling_views
from services.scheduling.appointments import views as appointment_views
from services.scheduling.contact_tasks import views as contact_task_views
from services.scheduling.contacts import views as contact_views
from services.scheduling.deliveries import views as delivery_views
from services.scheduling.devices import views as device_views
from services.scheduling.directory import views as directory_views
from services.scheduling.disruptions import views as disruption_views
from services.scheduling.erasure import views as erasure_views
from services.scheduling.errands import views as errand_views
from services.scheduling.export import views as export_views
from services.scheduling.identity import views as identity_views
from services.scheduling.people import views as people_views
from services.scheduling.relations import views as relation_views
from services.scheduling.replies import views as reply_views
from services.scheduling.staff import views as staff_views
from services.treatment import erasure as treatment_erasure, own_views as own_treatment_views, views as treatment_views
from services.treatment.access import views as access_views
from services.treatment.alerts import views as alert_views
from services.treatment.amendment_requests import views as request_views
from services.treatment.caseload_reports import views as report_views
from services.treatment.check_ins import views as check_in_views
from services.treatment.episodes import views as episode_views
from services.treatment.homework import views as homework_views
from services.treatment.patterns import views as pattern_views
from services.treatment.record import views as record_views
from services.treatment.sessions import views as session_views
from shared import providers, staff
from shared.events import (
    EVENTS,
    FAMILIES,
    PERSONAL,
    scheduling_identity,
    scheduling_staff,
    treatment_check_ins,
    treatment_episodes,
    treatment_history,
    treatment_homework,
    treatment_patterns,
    treatment_sessions,
)
from shared.events.scheduling import (
    ClinicSpecialDaysSet,
    ClinicTermsSet,
    ClosureAdded,
    ClosureChanged,
    ClosureLifted,
)
from shared.events.scheduling_contacts import ContactPointBlocked, ContactPointReplaced
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_links import FreshLinkAsked
from shared.events.scheduling_people import ClientRegistered, ClientsMerged, ClientsUnmerged
from shared.events.treatment_links import ClientLinkAsked
from workers.consume import FAMILIES_WITHOUT_MESSAGES, HANDLERS, WITHOUT_MESSAGES

VIEW_MODULES = (
    directory_views,
    people_views,
    relation_views,
    contact_views,
    delivery_views,
    appointment_views,
    disruption_views,
    contact_task_views,
    reply_views,
    erasure_views,
    export_views,
    errand_views,
    staff_views,
    identity_views,
    device_views,
)
TREATMENT_MODULES = (
    access_views,
    record_views,
    session_views,
    episode_views,
    pattern_views,
    homework_views,
    request_views,
    alert_views,
    check_in_views,
    report_views,
)
OF_SCHEDULING = {cls for name, cls in EVENTS.items() if name.startswith("scheduling.")}
OF_TREATMENT = {cls for name, cls in EVENTS.items() if name.startswith("treatment.")}

NO_VIEW: Mapping[type, str] = {FreshLinkAsked: "how often it was asked is read from its stream"}
"""Events that change no read model of scheduling, each with its reason."""

NO_VIEW_OF_TREATMENT: Mapping[type, str] = {ClientLinkAsked: NO_VIEW[FreshLinkAsked]}
"""The same of treatment."""

OF_THE_RECORD = (
    treatment_check_ins,
    treatment_episodes,
    treatment_history,
    treatment_homework,
    treatment_patterns,
    treatment_sessions,
)
"""Families that are read from their streams: not each of their events changes a read model."""

WORDS_ABOUT_PEOPLE = {
    "name",
    "phone",
    "email",
    "mail",
    "address",
    "note",
    "notes",
    "reason",
    "text",
    "comment",
    "birth",
}

ABOUT_NOBODY: Mapping[str, str] = {
    "ChainCreated.name": "the chain's",
    "ClinicOpened.name": "the clinic's, as on its door",
    "ClinicOpened.phone": "the clinic's, as in the telephone book",
    "ClinicChanged.name": "the clinic's",
    "ClinicChanged.phone": "the clinic's",
    "ClinicTermsSet.address": "the clinic's",
    "DeviceDeclared.name": "the tablet's, as on its back",
    "RoomAdded.name": "the room's",
    "RoomChanged.name": "the room's",
    "OfferingAdded.name": "the offering's, as in the price list",
    "OfferingChanged.name": "the offering's",
    "AppointmentMoved.reason_code": "one of a list, nobody's own words",
    "AppointmentCancelled.reason_code": "one of a list",
    "AppointmentChanged.reason_code": "one of a list",
    "NoteWritten.note_id": "an id",
    "ConsentGiven.text_hash": "of a form's words, nobody's own",
}


def of_families(*modules: ModuleType) -> set[type]:
    return {cls for cls in EVENTS.values() if cls.__module__ in {module.__name__ for module in modules}}


def matched_in(module: ModuleType) -> set[type]:
    """The event classes that a module's `match` statements name."""
    patterns = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.MatchClass)]
    named = {node.cls.attr for node in patterns if isinstance(node.cls, ast.Attribute)}
    return {cls for cls in EVENTS.values() if cls.__name__ in named}


def test_every_event_stands_in_a_listed_family_under_a_name_of_its_own() -> None:
    assert {cls.__module__ for cls in EVENTS.values()} == {family.__name__ for family in FAMILIES}
    assert len({cls.__name__ for cls in EVENTS.values()}) == len(EVENTS)


def test_every_event_of_scheduling_changes_a_read_model_or_is_said_not_to() -> None:
    assert tuple(view for module in VIEW_MODULES for view in module.VIEWS) == scheduling_views.VIEWS
    changing = set().union(*map(matched_in, (*VIEW_MODULES, staff, providers)))
    assert changing | set(NO_VIEW) == OF_SCHEDULING
    assert not changing & set(NO_VIEW)


def test_every_event_of_treatment_changes_a_read_model_or_is_said_not_to() -> None:
    assert tuple(view for module in TREATMENT_MODULES for view in module.VIEWS) == own_treatment_views.OWN_VIEWS
    changing = set().union(*map(matched_in, TREATMENT_MODULES))
    assert changing | of_families(*OF_THE_RECORD) | set(NO_VIEW_OF_TREATMENT) == OF_TREATMENT


def test_no_read_model_of_treatment_is_fed_by_two_logs() -> None:
    assert not (matched_in(treatment_views) | matched_in(treatment_erasure)) & OF_TREATMENT
    assert not set().union(*map(matched_in, TREATMENT_MODULES)) & OF_SCHEDULING


def test_every_event_changes_messages_or_is_said_not_to() -> None:
    silent = of_families(*FAMILIES_WITHOUT_MESSAGES)
    assert set(HANDLERS) | WITHOUT_MESSAGES | silent == set(EVENTS.values())
    assert not set(HANDLERS) & silent
    assert not set(HANDLERS) & WITHOUT_MESSAGES


def test_treatment_follows_the_whole_life_of_an_appointment() -> None:
    of_appointments = {cls for name, cls in EVENTS.items() if name.startswith("scheduling.appointment_")}
    of_opening = {ClinicTermsSet, ClinicSpecialDaysSet, ClosureAdded, ClosureChanged, ClosureLifted}
    others = {ClientRegistered, ClientsMerged, ClientsUnmerged, ClientErased} | of_opening
    addresses = {ContactPointReplaced, ContactPointBlocked}
    assert matched_in(treatment_views) | matched_in(treatment_erasure) == of_appointments | others | addresses


def test_both_services_follow_who_may_come_in() -> None:
    of_staff = {cls for cls in EVENTS.values() if cls.__module__ == scheduling_staff.__name__}
    assert matched_in(staff) == of_staff
    of_providers = {cls for cls in EVENTS.values() if cls.__module__ == scheduling_identity.__name__}
    assert matched_in(providers) == of_providers
    both = set(scheduling_views.VIEWS) & set(treatment_views.VIEWS)
    assert {*staff.VIEWS, *providers.VIEWS} <= both


def fields_with_words(cls: type, path: str) -> Iterator[str]:
    """Fields, also of what is nested, whose names promise words about a person and that are not sealed."""
    for field, hint in get_type_hints(cls).items():
        here = f"{path}.{field}"
        if field in PERSONAL.get(cls, {}):
            continue
        if WORDS_ABOUT_PEOPLE & set(field.split("_")):
            yield here
        if here not in ABOUT_NOBODY:
            for nested in dataclasses_in(hint):
                yield from fields_with_words(nested, here)


def dataclasses_in(hint: Any) -> Iterator[type]:
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        yield from dataclasses_in(argument)


@pytest.mark.parametrize("cls", EVENTS.values(), ids=lambda cls: cls.__name__)
def test_words_about_people_are_sealed(cls: type) -> None:
    assert set(fields_with_words(cls, cls.__name__)) <= set(ABOUT_NOBODY)


def test_every_exception_is_still_a_field() -> None:
    stored = {field for cls in EVENTS.values() for field in fields_with_words(cls, cls.__name__)}
    assert stored == set(ABOUT_NOBODY)
