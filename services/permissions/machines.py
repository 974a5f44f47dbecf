"""Which of our own services, and which providers, may call what, and what anybody may."""

from services.permissions.roles import OURS, SERVICES, S, T
from shared.http.permissions import Operation as Row

MACHINES = (
    Row(S, "POST", "/hooks/sms/inbound", kind="signature"),
    Row(S, "POST", "/hooks/sms/status/<reference>", kind="signature"),
    Row(S, "POST", "/hooks/mail", kind="signature"),
    Row(S, "POST", "/internal/v1/recipients", OURS, reads="contact", kind="service"),
    Row(S, "POST", "/internal/v1/letters", OURS, reads="contact", kind="service"),
    Row(S, "POST", "/internal/v1/addresses", OURS, reads="contact", kind="service"),
    Row(S, "POST", "/internal/v1/refusals", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/names", OURS, reads="identity", kind="service"),
    Row(S, "POST", "/internal/v1/sign-ins", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/arrivals", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/claimed-roles", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/staff-addresses", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/staff-refusals", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/contact-tasks", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/erasures/due", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/erasures/receipts", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/erasures/followed", OURS, kind="service"),
    Row(S, "POST", "/internal/v1/earliest-slot", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/alerts/due", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/caseload-reports", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/caseload-restatements", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/report-letters", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/report-periods", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/report-periods/closed", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/looks", OURS, reads="identity", kind="service"),
    Row(T, "POST", "/internal/v1/record", OURS, reads="clinical", kind="service"),
    Row(T, "POST", "/internal/v1/links", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/erasures/holdings", OURS, reads="identity", kind="service"),
    Row(T, "POST", "/internal/v1/erasures/followed", OURS, kind="service"),
    Row(T, "POST", "/internal/v1/check-ins/outcomes", OURS, kind="service"),
    *(
        Row(service, "GET", rule, OURS, kind="service")
        for service in SERVICES
        for rule in ("/v1/events", "/v1/events/heads", "/internal/v1/anchors/last")
    ),
    *(Row(service, "POST", "/internal/v1/anchors", OURS, kind="service") for service in SERVICES),
    *(
        Row(service, "GET", rule, kind="public")
        for service in SERVICES
        for rule in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json")
    ),
)
