"""Who may see the pages of clients and of the staff, at both services."""

from services.permissions.roles import ADMINS, CLINICAL, DESK, MANAGERS, SERVICES, TREATING, S, T
from shared.auth import STAFF
from shared.http.permissions import Operation as Row

LINK = "/l/<address>"
QUESTION = "/c/<address>"

LINKS = (
    Row(S, "GET", LINK, reads="identity", kind="link"),
    Row(S, "GET", f"{LINK}/visit.ics", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/confirm", kind="link"),
    Row(S, "GET", f"{LINK}/cancel", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/cancel", kind="link"),
    Row(S, "GET", f"{LINK}/messages", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/messages", kind="link"),
    Row(S, "GET", f"{LINK}/move", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/move", reads="identity", kind="link"),
    Row(S, "GET", f"{LINK}/again", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/again", reads="identity", kind="link"),
    Row(S, "GET", f"{LINK}/export", reads="identity", kind="link"),
    Row(S, "POST", f"{LINK}/export", kind="link"),
    Row(S, "GET", f"{LINK}/everything", kind="link"),
    Row(S, "POST", f"{LINK}/everything", reads="contact", kind="link"),
    Row(S, "GET", f"{LINK}/address", kind="link"),
    Row(S, "POST", f"{LINK}/address", kind="link"),
    *(
        Row(S, method, rule, kind="public")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for rule in ("/l/", "/l/<path:anything>")
    ),
)

LINKS_OF_TREATMENT = (
    Row(T, "GET", QUESTION, reads="clinical", kind="link"),
    Row(T, "POST", QUESTION, kind="link"),
    Row(T, "POST", f"{QUESTION}/more", kind="link"),
    Row(T, "POST", f"{QUESTION}/stop", kind="link"),
    Row(T, "POST", f"{QUESTION}/resume", kind="link"),
    Row(T, "GET", f"{QUESTION}/homework", reads="clinical", kind="link"),
    Row(T, "POST", f"{QUESTION}/homework", kind="link"),
    *(
        Row(T, method, rule, kind="public")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for rule in ("/c/", "/c/<path:anything>")
    ),
)

STAFF_PAGES = (
    *(
        Row(service, "GET", rule, kind="public")
        for service in SERVICES
        for rule in (
            "/staff/sign-in",
            "/staff/sign-in/<slug>",
            "/staff/sign-in/<slug>/go",
            "/staff/signed-in",
            "/staff/signed-in/<slug>",
            "/staff/",
            "/staff/<path:anything>",
        )
    ),
    Row(S, "GET", "/staff/sign-in/<slug>/here", kind="public"),
    Row(T, "GET", "/staff/sign-in/<slug>/on", kind="public"),
    Row(S, "GET", "/staff/staff.js", kind="public"),
    *(Row(service, "POST", "/staff/sign-out", STAFF, kind="session") for service in SERVICES),
    Row(T, "GET", "/staff/day", CLINICAL, "listed", "identity", "session"),
    Row(T, "GET", "/staff/reviews", MANAGERS, "listed", "clinical", "session"),
    Row(T, "POST", "/staff/reviews/<uuid:break_id>", MANAGERS, "clinic", kind="session"),
    Row(T, "GET", "/staff/records/<uuid:client_id>", CLINICAL, "record", "clinical", "session"),
    Row(T, "POST", "/staff/records/<uuid:client_id>/glass", CLINICAL, kind="session"),
    Row(T, "GET", "/staff/covers", CLINICAL, "listed", kind="session"),
    Row(T, "POST", "/staff/covers", TREATING, "clinic", kind="session"),
    Row(T, "POST", "/staff/covers/<uuid:cover_id>/end", CLINICAL, "clinic", kind="session"),
    Row(T, "GET", "/staff/alerts", CLINICAL, "listed", "clinical", "session"),
    Row(T, "GET", "/staff/alerts/<uuid:alert_id>", CLINICAL, "hidden", "clinical", "session"),
    Row(T, "POST", "/staff/alerts/<uuid:alert_id>/acknowledge", CLINICAL, "hidden", kind="session"),
    Row(T, "POST", "/staff/alerts/<uuid:alert_id>/close", CLINICAL, "hidden", kind="session"),
    Row(T, "GET", "/reports", kind="public"),
    Row(T, "GET", "/staff/reports", CLINICAL, "listed", kind="session"),
    Row(T, "POST", "/staff/reports", CLINICAL, "clinic", kind="session", own=TREATING),
    Row(T, "GET", "/staff/reports/<uuid:report_id>", CLINICAL, "hidden", kind="session", own=TREATING),
    Row(T, "GET", "/staff/reports/<uuid:report_id>/pdf", CLINICAL, "hidden", kind="session", own=TREATING),
    Row(T, "GET", "/staff/reports/<uuid:report_id>/csv", CLINICAL, "hidden", kind="session", own=TREATING),
    Row(T, "POST", "/staff/reports/<uuid:report_id>/restatements", CLINICAL, "hidden", kind="session", own=TREATING),
    Row(T, "GET", "/staff/reports/<uuid:report_id>/comparison", CLINICAL, "hidden", kind="session", own=TREATING),
    Row(T, "GET", "/staff/reports/rules", CLINICAL, kind="session"),
    Row(T, "POST", "/staff/reports/rules", ADMINS, "every_clinic", kind="session"),
    Row(T, "GET", "/staff/overdue", CLINICAL, "listed", "clinical", "session"),
    Row(S, "GET", "/staff/day", STAFF, "listed", kind="session"),
    Row(S, "POST", "/staff/lock", STAFF, kind="shift"),
    Row(S, "POST", "/staff/drafts", STAFF, kind="session"),
    Row(S, "GET", "/staff/unlock", kind="tablet"),
    Row(S, "POST", "/staff/unlock", kind="tablet"),
    Row(S, "GET", "/staff/pin", STAFF, kind="shift"),
    Row(S, "POST", "/staff/pin", STAFF, kind="shift"),
    Row(S, "GET", "/staff/devices", DESK, "listed", kind="session"),
    Row(S, "POST", "/staff/devices", DESK, "clinic", kind="session"),
    Row(S, "POST", "/staff/devices/<uuid:device_id>/revoke", DESK, "clinic", kind="session"),
    Row(S, "GET", "/staff/contact-tasks", DESK, "listed", "contact", "session"),
    Row(S, "GET", "/staff/contact-tasks/<uuid:task_id>", DESK, "hidden", "contact", "session"),
    Row(S, "POST", "/staff/contact-tasks/<uuid:task_id>/attempts", DESK, "hidden", kind="session"),
)
