"""One example of every event about forgetting clients and exporting what is kept; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.events import (
    scheduling_erasure as e,
    scheduling_export as x,
)
from tests.contracts.who_and_when import (
    CLIENT,
    CLINIC,
    ERASURE,
    LATER,
    OTHER_CLIENT,
    STARTS_AT,
    VISIT,
)

KEPT = (
    e.Kept(
        data_class="clinical",
        until=date(2036, 3, 3),
        clinic_id=CLINIC,
        last_entry_on=date(2026, 3, 2),
        years=10,
        minors_until_age=28,
        policy_version=2,
    ),
)

FILLED: tuple[Any, ...] = (
    e.ClinicRetentionSet(clinic_id=CLINIC, years=10, minors_until_age=28, policy_version=2),
    e.ErasureRequested(
        request_id=ERASURE,
        client_id=CLIENT,
        client_ids=(CLIENT, OTHER_CLIENT),
        asked_by="guardian",
        locale="de",
        requested_at=STARTS_AT,
    ),
    e.ErasureAssessed(
        request_id=ERASURE,
        client_id=CLIENT,
        assessed_on=date(2026, 3, 2),
        goes_now=("contact",),
        kept=KEPT,
        undecided=("clinical",),
        holds=(e.Hold(kind="visit", id=VISIT),),
        stores=(e.Stored(service="treatment", store="treatment_record", rows=12, data_class="clinical"),),
    ),
    e.ErasureDeclined(request_id=ERASURE, client_id=CLIENT, reason="A dispute is open", declined_at=LATER),
    e.ErasureConfirmed(request_id=ERASURE, client_id=CLIENT, confirmed_at=LATER),
    e.ErasureReceiptPrepared(request_id=ERASURE, client_id=CLIENT, address="client@example.com", until=LATER),
    e.ErasureReceiptCompleted(request_id=ERASURE, client_id=CLIENT, until=LATER),
    e.ErasureReceiptSettled(request_id=ERASURE, client_id=CLIENT, outcome="sent", settled_at=LATER),
    e.ClientErased(
        request_id=ERASURE,
        client_id=CLIENT,
        client_ids=(CLIENT, OTHER_CLIENT),
        classes=("contact",),
        kept=KEPT,
        undecided=("clinical",),
        keys=2,
        swept=(e.Swept(service="scheduling", store="links", rows=3),),
        erased_at=LATER,
    ),
    e.ErasureFollowed(
        request_id=ERASURE,
        client_id=CLIENT,
        by="treatment",
        classes=("contact",),
        swept=(e.Swept(service="treatment", store="client_links", rows=2),),
        awaited=("workers",),
        followed_at=LATER,
    ),
    x.ClientExported(export_id=ERASURE, client_id=CLIENT, client_ids=(CLIENT, OTHER_CLIENT), exported_at=LATER),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    e.ErasureReceiptPrepared: {"address": None},
    e.ClinicRetentionSet: {"minors_until_age": None},
}
