"""Events of both services become facts, of which due messages and reports are made; nothing is sent or computed here.

So all of it may be replayed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.auth import STAFF
from shared.codec import decode
from shared.event_store import Recorded
from shared.events import (
    scheduling as s,
    scheduling_contacts as contacts,
    scheduling_corrections as corrections,
    scheduling_devices as devices,
    scheduling_disruptions as d,
    scheduling_erasure as erasure,
    scheduling_export as export,
    scheduling_identity as identity,
    scheduling_links as links,
    scheduling_people as people,
    scheduling_reaching as reaching,
    scheduling_relations as relations,
    treatment_access,
    treatment_alerts,
    treatment_episodes,
    treatment_history,
    treatment_patterns,
    treatment_reports as reports,
    treatment_requests,
    treatment_sessions as sessions,
)
from shared.events.treatment_links import ClientLinkAsked
from shared.projection import one_by_one
from shared.wall_clock import minute_of_day
from workers import arrivals, check_in_news, erasures, homework_news, staff_news
from workers.messages import check_ins, facts, homework
from workers.messages.due import LetterWanted, add_letter, add_link, reconcile
from workers.messages.fresh import want_fresh
from workers.messages.plan import LetterKind
from workers.messages.quiet import QuietHours
from workers.place import Place
from workers.reports import wanted
from workers.reports.facts.keeping import keep_facts
from workers.reports.restating import work as restatements

CONSUMER = "workers"
LETTER_GOOD_FOR = timedelta(hours=24)
"""A letter that comes later than this is not what anybody waits for."""


def book_visit(connection: Connection, event: s.AppointmentBooked, place: Place) -> None:
    values = {
        "client_id": event.client_id,
        "named": event.told_client_id,
        "lead_minutes": list(event.reminder_lead_minutes),
        "confirmed_with": event.confirmed_with,
    }
    facts.book(connection, whereabouts(event) | values, place.news(event.appointment_id, notify=event.notify))
    plan_visit(connection, event.appointment_id, place)


def move_visit(connection: Connection, event: s.AppointmentMoved, place: Place) -> None:
    news = place.news(event.appointment_id, notify=event.notify, initiator=event.initiator)
    facts.move(connection, whereabouts(event), news)
    plan_visit(connection, event.appointment_id, place)


def whereabouts(event: s.AppointmentBooked | s.AppointmentMoved) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("clinic_id", "therapist_id", "starts_at", "ends_at", "time_zone")}


def cancel_visit(connection: Connection, event: s.AppointmentCancelled, place: Place) -> None:
    news = place.news(event.appointment_id, notify=event.notify, initiator=event.initiator)
    facts.become(connection, "cancelled", news)
    plan_visit(connection, event.appointment_id, place)


def end_visit(
    connection: Connection, event: s.AppointmentArrived | s.AppointmentFulfilled | s.AppointmentMissed, place: Place
) -> None:
    facts.end(connection, BECOMES[type(event)], place.news(event.appointment_id, notify=False))
    plan_visit(connection, event.appointment_id, place)


def correct_visit(connection: Connection, event: corrections.AppointmentStatusCorrected, place: Place) -> None:
    """Only that a visit is to come after all, or not, is news to its client."""
    news = place.news(event.appointment_id, notify=event.notify)
    status_set = facts.become if event.after in {"booked", "cancelled"} else facts.end
    status_set(connection, event.after, news)
    plan_visit(connection, event.appointment_id, place)


def readdress_visit(connection: Connection, event: corrections.AppointmentReaddressed, place: Place) -> None:
    news = place.news(event.appointment_id, notify=event.notify)
    for appointment_id in facts.readdress(connection, event.told_client_id, news):
        plan_visit(connection, appointment_id, place)


def change_visit(connection: Connection, event: corrections.AppointmentChanged, place: Place) -> None:
    values = {"ends_at": event.ends_at, "lead_minutes": list(event.reminder_lead_minutes)}
    news = place.news(event.appointment_id, notify=event.notify, initiator=event.initiator)
    facts.change(connection, values, news)
    plan_visit(connection, event.appointment_id, place)


def disrupt_visit(
    connection: Connection, event: d.AppointmentDisrupted | d.AppointmentRestored | d.AppointmentKept, place: Place
) -> None:
    facts.disrupt(connection, event.appointment_id, disrupted=isinstance(event, d.AppointmentDisrupted))
    plan_visit(connection, event.appointment_id, place)


def relocate_visit(connection: Connection, event: d.AppointmentPlaceChanged, place: Place) -> None:
    facts.relocate(connection, event.time_zone, place.news(event.appointment_id, notify=True, initiator="clinic"))
    plan_visit(connection, event.appointment_id, place)


def send_fresh_link(connection: Connection, event: links.FreshLinkAsked, place: Place) -> None:
    """A message of its own, which no later plan withdraws."""
    add_link(connection, event.request_id, event.appointment_id, place.at)


def send_care_link(connection: Connection, event: ClientLinkAsked, place: Place) -> None:
    want_fresh(connection, event, place.chain_id, place.at)


def send_letter(
    connection: Connection,
    event: links.AddressNoticeAsked | links.ExportLinkAsked | links.ContactCheckAsked,
    place: Place,
) -> None:
    letter = LetterWanted(
        kind=LETTERS[type(event)],
        about=event.request_id,
        chain_id=place.chain_id,
        client_id=event.client_id,
        asked_at=place.at,
        not_after=event.asked_at + LETTER_GOOD_FOR,
    )
    add_letter(connection, letter)


def send_receipt(connection: Connection, event: erasure.ErasureReceiptCompleted, place: Place) -> None:
    """The one message to somebody who was forgotten, when it can tell of everything."""
    letter = LetterWanted(
        kind="erasure",
        about=event.request_id,
        chain_id=place.chain_id,
        client_id=event.client_id,
        asked_at=place.at,
        not_after=event.until,
    )
    add_letter(connection, letter)


def want_arrival(connection: Connection, event: sessions.SessionStarted | sessions.SessionLinked, place: Place) -> None:
    """Whoever is being treated has come."""
    if event.appointment_id is None:
        arrivals.drop(connection, event.session_id)
        return
    begun = arrivals.Begun(
        session_id=event.session_id,
        appointment_id=event.appointment_id,
        chain_id=place.chain_id,
        client_id=event.client_id,
        therapist_id=event.therapist_id,
        event_id=place.event_id,
        happened_at=event.started_at,
    )
    arrivals.want(connection, begun)


def want_no_arrival(connection: Connection, event: sessions.EnteredInError, place: Place) -> None:
    """A session that never was shows nobody's arrival."""
    del place
    if event.entry_id is None:
        arrivals.drop(connection, event.session_id)


def want_report(connection: Connection, event: reports.CaseloadReportAsked, place: Place) -> None:
    """Those for closing are there already."""
    if not event.for_closing:
        wanted.want(connection, event, place.chain_id, place.at)


def want_restatement(connection: Connection, event: reports.CaseloadRestatementAsked, place: Place) -> None:
    restatements.want(connection, event, place.chain_id, place.at)


def plan_visit(connection: Connection, appointment_id: UUID, place: Place) -> None:
    if subjects := facts.visit(connection, appointment_id):
        reconcile(connection, subjects, as_of=place.at)


def know_client(connection: Connection, event: people.ClientRegistered | people.ClientChanged, place: Place) -> None:
    """Words, addresses and permissions are asked for when a message is sent; the zone matters to its plan."""
    facts.know_client(connection, event.client_id, place.chain_id, event.time_zone)
    check_ins.plan_client(connection, event.client_id, place.at)
    homework.plan_client(connection, event.client_id, place.at)
    for subjects in facts.visits_of_client(connection, event.client_id, after=place.at):
        reconcile(connection, subjects, as_of=place.at)


def regroup_clients(connection: Connection, event: people.ClientsMerged | people.ClientsUnmerged, place: Place) -> None:
    """Visits are planned on the clock, and by the channel, of the person who comes."""
    person = facts.regroup(connection, place.chain_id, event)
    for subjects in facts.visits_of_client(connection, person, after=place.at):
        reconcile(connection, subjects, as_of=place.at)
    check_ins.plan_client(connection, person, place.at)
    homework.plan_client(connection, person, place.at)


def forget_client(connection: Connection, event: erasure.ClientErased, place: Place) -> None:
    """Nothing more is sent to somebody who was erased, and no provider's word for a message of theirs is kept."""
    erasures.follow(connection, event, place.chain_id, place.event_id)


def know_policy(connection: Connection, event: s.ChainPolicySet, place: Place) -> None:
    """Quiet hours matter to every plan; another wait only to what is announced from now on."""
    policy = facts.Policy(
        hours=QuietHours(minute_of_day(event.quiet_from), minute_of_day(event.quiet_to)),
        staff_wait=timedelta(seconds=event.staff_confirmation_wait_seconds),
        urgent_within=timedelta(minutes=event.urgent_within_minutes),
        confirm_within=timedelta(minutes=event.confirm_within_minutes),
    )
    facts.know_chain(connection, place.chain_id, policy)
    check_ins.plan_chain(connection, place.chain_id, place.at)
    homework.heed(connection, place.chain_id, policy.hours)
    for subjects in facts.visits_of_chain(connection, place.chain_id, after=place.at):
        reconcile(connection, subjects, as_of=place.at)


BECOMES: Mapping[type, str] = {
    s.AppointmentArrived: "arrived",
    s.AppointmentFulfilled: "fulfilled",
    s.AppointmentMissed: "noshow",
}

LETTERS: Mapping[type, LetterKind] = {
    links.AddressNoticeAsked: "address_notice",
    links.ExportLinkAsked: "export",
    links.ContactCheckAsked: "contact_check",
}

HANDLERS: Mapping[type, Callable[[Connection, Any, Place], None]] = {
    s.AppointmentBooked: book_visit,
    s.AppointmentMoved: move_visit,
    s.AppointmentCancelled: cancel_visit,
    s.AppointmentArrived: end_visit,
    s.AppointmentFulfilled: end_visit,
    s.AppointmentMissed: end_visit,
    d.AppointmentDisrupted: disrupt_visit,
    d.AppointmentRestored: disrupt_visit,
    d.AppointmentKept: disrupt_visit,
    d.AppointmentPlaceChanged: relocate_visit,
    corrections.AppointmentStatusCorrected: correct_visit,
    corrections.AppointmentChanged: change_visit,
    corrections.AppointmentReaddressed: readdress_visit,
    people.ClientRegistered: know_client,
    people.ClientChanged: know_client,
    people.ClientsMerged: regroup_clients,
    people.ClientsUnmerged: regroup_clients,
    s.ChainPolicySet: know_policy,
    links.FreshLinkAsked: send_fresh_link,
    ClientLinkAsked: send_care_link,
    links.ExportLinkAsked: send_letter,
    links.ContactCheckAsked: send_letter,
    links.AddressNoticeAsked: send_letter,
    erasure.ErasureReceiptCompleted: send_receipt,
    erasure.ClientErased: forget_client,
    sessions.SessionStarted: want_arrival,
    sessions.SessionLinked: want_arrival,
    sessions.EnteredInError: want_no_arrival,
    reports.CaseloadReportAsked: want_report,
    reports.CaseloadRestatementAsked: want_restatement,
    **staff_news.HANDLERS,
    **check_in_news.HANDLERS,
    **homework_news.HANDLERS,
}

WITHOUT_MESSAGES: frozenset[type] = frozenset(
    {
        relations.RelationAdded,
        relations.RelationChanged,
        relations.RelationEnded,
        s.AppointmentConfirmed,
        s.AppointmentLabelled,
        s.AppointmentLatenessWaived,
        s.ChainCreated,
        s.ClinicChanged,
        s.ClinicOpened,
        s.ClinicSpecialDaysSet,
        s.ClinicTermsSet,
        s.ClinicTravelTimesSet,
        s.ClosureAdded,
        s.ClosureChanged,
        s.ClosureLifted,
        contacts.ContactPointAdded,
        contacts.ContactPointBlocked,
        contacts.ContactPointReplaced,
        contacts.ContactPointUnblocked,
        contacts.ContactPointVerified,
        contacts.ContactPreferenceSet,
        contacts.MessageDelivered,
        contacts.PermissionGiven,
        contacts.PermissionWithdrawn,
        export.ClientExported,
        erasure.ClinicRetentionSet,
        erasure.ErasureAssessed,
        erasure.ErasureConfirmed,
        erasure.ErasureDeclined,
        erasure.ErasureFollowed,
        erasure.ErasureReceiptPrepared,
        erasure.ErasureReceiptSettled,
        erasure.ErasureRequested,
        reaching.ContactAttempted,
        reaching.ContactTaskOpened,
        reaching.ReplyReceived,
        s.OfferingAdded,
        s.OfferingChanged,
        s.RoomAdded,
        s.RoomChanged,
        d.RoomOutageAdded,
        d.RoomOutageChanged,
        d.RoomOutageLifted,
        identity.IdentityProviderRemoved,
        identity.IdentityProviderSet,
        devices.DeviceDeclared,
        devices.DeviceRevoked,
        s.TherapistAdded,
        s.TherapistChanged,
        s.TherapistRotaSet,
        s.TimeOffAdded,
        s.TimeOffChanged,
        s.TimeOffWithdrawn,
        sessions.ActivationPerformed,
        sessions.AddendumAppended,
        sessions.AdverseReactionRecorded,
        sessions.AmendmentMade,
        sessions.BodyChartMarked,
        sessions.BodyworkGiven,
        sessions.EntryRevised,
        sessions.MovementReassessed,
        sessions.MuscleRetested,
        sessions.MuscleTested,
        sessions.NoteWritten,
        sessions.PainScored,
        sessions.ReleaseApplied,
        sessions.SessionCountersigned,
        sessions.SessionLocked,
        treatment_access.CoverEnded,
        treatment_access.CoverStarted,
        reports.CaseloadReportFailed,
        reports.CaseloadReportPublished,
        reports.CaseloadReportRestated,
        reports.ReportRulesSet,
        treatment_alerts.SafetyTextApproved,
        treatment_alerts.SafetyTextWithdrawn,
        *check_in_news.WITHOUT_MESSAGES,
        *homework_news.WITHOUT_MESSAGES,
    }
)
"""What changes no message: the visits that it touches have events of their own."""

FAMILIES_WITHOUT_MESSAGES = (
    treatment_episodes,
    treatment_history,
    treatment_patterns,
    treatment_requests,
)
"""Families of which no event changes a message."""


def change_messages(connection: Connection, entry: Recorded) -> None:
    """What an event changes; one that has no handler changes nothing. Raises codec.UnknownEvent for an unknown name.

    There are no keys here: whatever is sealed stays so, and reads as if it had been forgotten.
    """
    event = decode(entry.name, entry.data, {})
    if change := HANDLERS.get(type(event)):
        by_staff = entry.metadata.get("role") in STAFF
        place = Place(entry.chain_id, entry.version, entry.recorded_at, by_staff, entry.event_id)
        change(connection, event, place)


change_messages_of = one_by_one(change_messages)


def handle(connection: Connection, entries: Sequence[Recorded]) -> None:
    """What the consumer does with events, in the transaction that moves its checkpoint."""
    keep_facts(connection, entries)
    change_messages_of(connection, entries)
