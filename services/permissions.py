"""Who may do what: every operation of both services, in the order of the API's parts.

Guards, tests and docs/permissions.md are made from this table; a route that is not in it fails at start.
"""

from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, SERVICE, STAFF, THERAPIST
from shared.http.permissions import Operation as Row

DESK = (FRONT_DESK, MANAGER, CHAIN_ADMIN)
MANAGERS = (MANAGER, CHAIN_ADMIN)
ADMINS = (CHAIN_ADMIN,)
CLINICAL = (THERAPIST, MANAGER, CHAIN_ADMIN)
"""Who may see clinical records, if there is a basis for it; a desk never does."""

TREATING = (THERAPIST,)
OURS = (SERVICE,)

S = "scheduling"
T = "treatment"
SERVICES = (S, T)

APPOINTMENTS = "/v1/appointments"
ONE_VISIT = f"{APPOINTMENTS}/<uuid:appointment_id>"
CLIENTS = "/v1/clients"
ONE_CLIENT = f"{CLIENTS}/<uuid:client_id>"
POINT = f"{ONE_CLIENT}/contact-points/<uuid:point_id>"
CLINICS = "/v1/clinics"
ONE_CLINIC = f"{CLINICS}/<uuid:clinic_id>"
THERAPISTS = "/v1/therapists"
ONE_THERAPIST = f"{THERAPISTS}/<uuid:therapist_id>"
CLOSURES = f"{CLINICS}/<uuid:owner_id>/closures"
TIME_OFF = f"{THERAPISTS}/<uuid:owner_id>/time-off"
OUTAGES = "/v1/rooms/<uuid:owner_id>/outages"
STAFF_LIST = "/v1/staff"
ONE_OF_STAFF = f"{STAFF_LIST}/<uuid:staff_id>"
PROVIDER = "/v1/identity-provider"
TASKS = "/v1/contact-tasks"
ERASURES = "/v1/erasure-requests"
TARGETS = "/v1/catalogue/targets"
EPISODES = "/v1/episodes"
ONE_EPISODE = f"{EPISODES}/<uuid:episode_id>"
PATTERNS = "/v1/patterns"
ONE_PATTERN = f"{PATTERNS}/<uuid:pattern_id>"
HOMEWORK = "/v1/homework"
THRESHOLDS = "/v1/pattern-thresholds"
ONE_HOMEWORK = f"{HOMEWORK}/<uuid:homework_id>"
CHECK_INS = "/v1/check-ins"
CHECK_IN_RULES = "/v1/check-in-rules"
COVERS = "/v1/covers"
GLASSES = "/v1/break-glass"
MY_DAY = "/v1/my-day"
REQUESTS = "/v1/amendment-requests"
ONE_REQUEST = f"{REQUESTS}/<uuid:asked_id>"
ALERTS = "/v1/alerts"
ONE_ALERT = f"{ALERTS}/<uuid:alert_id>"
SAFETY_TEXTS = "/v1/safety-text"
REPORTS = "/v1/caseload-reports"
ONE_REPORT = f"{REPORTS}/<uuid:report_id>"
HISTORY = f"{ONE_CLIENT}/history"
SESSIONS = "/v1/sessions"
ONE_SESSION = f"{SESSIONS}/<uuid:session_id>"
LINK = "/l/<address>"
QUESTION = "/c/<address>"

VISITS = (
    Row(S, "GET", "/v1/availability", STAFF),
    Row(S, "POST", APPOINTMENTS, DESK, "clinic", reads="identity"),
    Row(S, "GET", APPOINTMENTS, STAFF, "listed", reads="identity"),
    Row(S, "GET", ONE_VISIT, STAFF, "hidden", reads="identity"),
    Row(S, "GET", f"{ONE_VISIT}/history", STAFF, "hidden", reads="contact"),
    Row(S, "PATCH", ONE_VISIT, DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/reschedule", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/change", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/correct", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/cancel", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/readdress", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/waive", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/confirm", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/keep", DESK, "hidden", reads="identity"),
    Row(S, "POST", f"{ONE_VISIT}/arrive", STAFF, "hidden", reads="identity", own=TREATING),
    Row(S, "POST", f"{ONE_VISIT}/fulfil", STAFF, "hidden", reads="identity", own=TREATING),
    Row(S, "POST", f"{ONE_VISIT}/no-show", STAFF, "hidden", reads="identity", own=TREATING),
    Row(S, "POST", "/v1/bookings", DESK, "clinic", reads="identity"),
    Row(S, "GET", "/v1/bookings/<uuid:booking_id>", STAFF, "hidden", reads="identity"),
    Row(S, "POST", "/v1/reassignments", DESK, "listed"),
    Row(S, "GET", TASKS, DESK, "listed", "contact"),
    Row(S, "GET", f"{TASKS}/<uuid:task_id>", DESK, "hidden", "contact"),
    Row(S, "POST", f"{TASKS}/<uuid:task_id>/attempts", DESK, "hidden", "contact"),
)

PEOPLE = (
    Row(S, "POST", CLIENTS, DESK, reads="contact"),
    Row(S, "GET", CLIENTS, STAFF, "listed", reads="contact"),
    Row(S, "GET", ONE_CLIENT, STAFF, reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/access-log", MANAGERS, "one_clinic", reads="identity"),
    Row(S, "PATCH", ONE_CLIENT, DESK, reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/duplicates", STAFF, "listed", reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/merge", DESK, "one_clinic", reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/unmerge", DESK, "one_clinic", reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/contact-points", STAFF, reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/contact-points", DESK, reads="contact"),
    Row(S, "POST", f"{POINT}/verify", DESK, reads="contact"),
    Row(S, "POST", f"{POINT}/check", DESK, reads="identity"),
    Row(S, "POST", f"{POINT}/replace", DESK, reads="contact"),
    Row(S, "POST", f"{POINT}/block", DESK, reads="contact"),
    Row(S, "POST", f"{POINT}/unblock", DESK, reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/permissions", STAFF, reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/permissions/give", DESK, reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/permissions/withdraw", DESK, reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/deliveries", STAFF, "listed", reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/relations", DESK, reads="contact"),
    Row(S, "GET", f"{ONE_CLIENT}/relations", STAFF, reads="contact"),
    Row(S, "PATCH", f"{ONE_CLIENT}/relations/<uuid:relation_id>", DESK, reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/relations/<uuid:relation_id>/end", DESK, reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/exports", STAFF, "clinic", reads="identity"),
    Row(S, "GET", f"{ONE_CLIENT}/exports/<uuid:export_id>", STAFF, "clinic", reads="contact"),
    Row(S, "POST", f"{ONE_CLIENT}/exports/link", DESK, "clinic", reads="identity"),
    Row(S, "POST", f"{ONE_CLIENT}/erasure-requests", DESK, reads="identity"),
    Row(S, "GET", ERASURES, DESK, "listed", reads="identity"),
    Row(S, "GET", f"{ERASURES}/<uuid:request_id>", DESK, reads="identity"),
    Row(S, "GET", f"{ERASURES}/<uuid:request_id>/receipt", DESK, "clinic", reads="identity"),
    Row(S, "POST", f"{ERASURES}/<uuid:request_id>/decline", ADMINS, "every_clinic", reads="identity"),
    Row(S, "POST", f"{ERASURES}/<uuid:request_id>/confirm", ADMINS, "every_clinic", reads="identity"),
)

DIRECTORY = (
    Row(S, "GET", "/v1/chain", STAFF),
    Row(S, "PATCH", "/v1/chain", MANAGERS, "every_clinic"),
    Row(S, "POST", CLINICS, MANAGERS, "every_clinic", reads="identity"),
    Row(S, "GET", CLINICS, STAFF, reads="identity"),
    Row(S, "GET", ONE_CLINIC, STAFF, reads="identity"),
    Row(S, "PATCH", ONE_CLINIC, MANAGERS, "clinic", reads="identity"),
    Row(S, "GET", f"{ONE_CLINIC}/retention", STAFF),
    Row(S, "PUT", f"{ONE_CLINIC}/retention", ADMINS, "clinic"),
    Row(S, "GET", f"{ONE_CLINIC}/travel-times", STAFF),
    Row(S, "PUT", f"{ONE_CLINIC}/travel-times", MANAGERS, "clinic"),
    Row(S, "POST", f"{ONE_CLINIC}/rooms", MANAGERS, "clinic", reads="identity"),
    Row(S, "GET", f"{ONE_CLINIC}/rooms", STAFF, reads="identity"),
    Row(S, "GET", f"{ONE_CLINIC}/rooms/<uuid:room_id>", STAFF, reads="identity"),
    Row(S, "PATCH", f"{ONE_CLINIC}/rooms/<uuid:room_id>", MANAGERS, "clinic", reads="identity"),
    Row(S, "POST", "/v1/offerings", MANAGERS, "every_clinic"),
    Row(S, "GET", "/v1/offerings", STAFF),
    Row(S, "GET", "/v1/offerings/<uuid:offering_id>", STAFF),
    Row(S, "PATCH", "/v1/offerings/<uuid:offering_id>", MANAGERS, "every_clinic"),
    Row(S, "POST", THERAPISTS, MANAGERS, reads="identity"),
    Row(S, "GET", THERAPISTS, STAFF, reads="identity"),
    Row(S, "GET", ONE_THERAPIST, STAFF, reads="identity"),
    Row(S, "PATCH", ONE_THERAPIST, MANAGERS, "one_clinic", reads="identity"),
    Row(S, "GET", f"{ONE_THERAPIST}/rota", STAFF, reads="identity"),
    Row(S, "PUT", f"{ONE_THERAPIST}/rota", MANAGERS, "clinic", reads="identity"),
    Row(S, "POST", CLOSURES, DESK, "clinic", reads="identity"),
    Row(S, "GET", CLOSURES, STAFF, reads="identity"),
    Row(S, "GET", f"{CLOSURES}/<uuid:absence_id>", STAFF, reads="identity"),
    Row(S, "PATCH", f"{CLOSURES}/<uuid:absence_id>", DESK, "clinic", reads="identity"),
    Row(S, "DELETE", f"{CLOSURES}/<uuid:absence_id>", DESK, "clinic", reads="identity"),
    Row(S, "POST", TIME_OFF, DESK, "one_clinic", reads="identity"),
    Row(S, "GET", TIME_OFF, STAFF, reads="identity"),
    Row(S, "GET", f"{TIME_OFF}/<uuid:absence_id>", STAFF, reads="identity"),
    Row(S, "PATCH", f"{TIME_OFF}/<uuid:absence_id>", DESK, "one_clinic", reads="identity"),
    Row(S, "DELETE", f"{TIME_OFF}/<uuid:absence_id>", DESK, "one_clinic", reads="identity"),
    Row(S, "POST", OUTAGES, DESK, "clinic", reads="identity"),
    Row(S, "GET", OUTAGES, STAFF, reads="identity"),
    Row(S, "GET", f"{OUTAGES}/<uuid:absence_id>", STAFF, reads="identity"),
    Row(S, "PATCH", f"{OUTAGES}/<uuid:absence_id>", DESK, "clinic", reads="identity"),
    Row(S, "DELETE", f"{OUTAGES}/<uuid:absence_id>", DESK, "clinic", reads="identity"),
)

COLLEAGUES = (
    Row(S, "POST", STAFF_LIST, MANAGERS, "clinic"),
    Row(S, "GET", STAFF_LIST, MANAGERS),
    Row(S, "GET", ONE_OF_STAFF, MANAGERS),
    Row(S, "PATCH", ONE_OF_STAFF, MANAGERS, "clinic"),
    Row(S, "GET", f"{ONE_OF_STAFF}/address", MANAGERS, "clinic"),
    Row(S, "PUT", f"{ONE_OF_STAFF}/address", MANAGERS, "clinic"),
    Row(S, "GET", "/v1/my-address", STAFF),
    Row(S, "PUT", "/v1/my-address", STAFF),
    Row(S, "POST", f"{ONE_OF_STAFF}/logins", ADMINS, "every_clinic"),
    Row(S, "POST", f"{ONE_OF_STAFF}/logins/detach", ADMINS, "every_clinic"),
    Row(S, "POST", f"{ONE_OF_STAFF}/deactivate", MANAGERS, "clinic"),
    Row(S, "POST", f"{ONE_OF_STAFF}/reactivate", MANAGERS, "clinic"),
    Row(S, "POST", f"{ONE_OF_STAFF}/revoke", MANAGERS, "clinic"),
    Row(S, "GET", PROVIDER, ADMINS, "every_clinic"),
    Row(S, "PUT", PROVIDER, ADMINS, "every_clinic"),
    Row(S, "DELETE", PROVIDER, ADMINS, "every_clinic"),
)

RECORD = (
    Row(T, "GET", MY_DAY, TREATING, "listed", "identity"),
    Row(T, "GET", f"{MY_DAY}/visits", TREATING, "listed", "identity"),
    Row(T, "GET", f"{MY_DAY}/to-chart", TREATING, "listed", "identity"),
    Row(T, "GET", f"{MY_DAY}/unsigned", TREATING, "listed", "identity"),
    Row(T, "GET", f"{ONE_CLIENT}/visits", CLINICAL, "record", "clinical"),
    Row(T, "POST", SESSIONS, TREATING, "record", "clinical"),
    Row(T, "GET", f"{ONE_CLIENT}/sessions", CLINICAL, "record", "clinical"),
    Row(T, "GET", ONE_SESSION, CLINICAL, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/link", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/entries", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/tests", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/retests", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/releases", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/activations", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/pain-scores", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/marks", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/movements", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/bodywork", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/notes", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/adverse-reactions", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/revisions", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/sign", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/lock", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/countersign", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/addenda", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/amendments", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_SESSION}/entered-in-error", TREATING, "record", "clinical"),
    Row(T, "POST", f"{ONE_CLIENT}/amendment-requests", STAFF, "one_clinic", "identity"),
    Row(T, "GET", f"{ONE_CLIENT}/amendment-requests", CLINICAL, "record", "clinical"),
    Row(T, "GET", REQUESTS, CLINICAL, "listed", "identity"),
    Row(T, "POST", f"{ONE_REQUEST}/accept", CLINICAL, "record", "clinical"),
    Row(T, "POST", f"{ONE_REQUEST}/decline", CLINICAL, "record", "clinical"),
    Row(T, "POST", f"{ONE_REQUEST}/statements", STAFF, "one_clinic", "identity"),
    Row(T, "GET", ALERTS, CLINICAL, "listed", "clinical"),
    Row(T, "GET", ONE_ALERT, CLINICAL, "hidden", "clinical"),
    Row(T, "POST", f"{ONE_ALERT}/acknowledge", CLINICAL, "hidden", "clinical"),
    Row(T, "POST", f"{ONE_ALERT}/close", CLINICAL, "hidden", "clinical"),
    Row(T, "GET", f"{ONE_ALERT}/answer", CLINICAL, "record", "clinical"),
    Row(T, "GET", f"{ONE_CLIENT}/alerts", CLINICAL, "record", "clinical"),
    Row(T, "POST", REPORTS, CLINICAL, "clinic", own=TREATING),
    Row(T, "GET", REPORTS, CLINICAL, "listed"),
    Row(T, "GET", ONE_REPORT, CLINICAL, "hidden", own=TREATING),
    Row(T, "GET", f"{ONE_REPORT}/pdf", CLINICAL, "hidden", own=TREATING),
    Row(T, "GET", f"{ONE_REPORT}/csv", CLINICAL, "hidden", own=TREATING),
    Row(T, "GET", f"{ONE_REPORT}/restatement", CLINICAL, "hidden", own=TREATING),
    Row(T, "POST", f"{ONE_REPORT}/restatements", CLINICAL, "hidden", own=TREATING),
    Row(T, "GET", f"{ONE_REPORT}/comparison", CLINICAL, "hidden", own=TREATING),
    Row(T, "GET", "/v1/report-rules", CLINICAL),
    Row(T, "PUT", "/v1/report-rules", ADMINS, "every_clinic"),
    Row(T, "GET", "/v1/report-periods", CLINICAL),
    Row(T, "GET", "/v1/overdue-follow-ups", CLINICAL, "listed", "clinical"),
    Row(T, "GET", TARGETS, STAFF),
    Row(T, "GET", f"{TARGETS}/<code>", STAFF),
    Row(T, "GET", SAFETY_TEXTS, STAFF),
    Row(T, "PUT", f"{SAFETY_TEXTS}/<locale>", MANAGERS, "every_clinic"),
    Row(T, "DELETE", f"{SAFETY_TEXTS}/<locale>", MANAGERS, "every_clinic"),
    Row(T, "GET", THRESHOLDS, STAFF),
    Row(T, "PUT", THRESHOLDS, MANAGERS, "every_clinic"),
    Row(T, "GET", CHECK_IN_RULES, STAFF),
    Row(T, "PUT", CHECK_IN_RULES, MANAGERS, "every_clinic"),
    Row(T, "GET", CHECK_INS, CLINICAL, "record", "clinical"),
    Row(T, "GET", f"{CHECK_INS}/<uuid:check_in_id>", CLINICAL, "record", "clinical"),
    Row(T, "POST", f"{CHECK_INS}/<uuid:check_in_id>/answer", TREATING, "record", "clinical"),
    Row(T, "POST", f"{CHECK_INS}/stop", CLINICAL, "record", "clinical"),
    Row(T, "POST", f"{CHECK_INS}/resume", CLINICAL, "record", "clinical"),
    *(
        Row(T, method, rule, CLINICAL, "record", "clinical")
        for method, rule in (
            ("GET", HISTORY),
            ("POST", f"{HISTORY}/injuries"),
            ("PATCH", f"{HISTORY}/injuries/<uuid:injury_id>"),
            ("POST", f"{HISTORY}/attempts"),
            ("PATCH", f"{HISTORY}/attempts/<uuid:attempt_id>"),
            ("POST", f"{HISTORY}/contraindications"),
            ("PATCH", f"{HISTORY}/contraindications/<uuid:contraindication_id>"),
            ("POST", f"{HISTORY}/contraindications/<uuid:contraindication_id>/lift"),
            ("POST", f"{HISTORY}/consents"),
            ("POST", f"{HISTORY}/consents/withdraw"),
            ("POST", f"{HISTORY}/entries/<uuid:entry_id>/entered-in-error"),
            ("GET", f"{ONE_CLIENT}/timeline"),
            ("GET", f"{ONE_CLIENT}/record-difference"),
            ("GET", f"{ONE_CLIENT}/whole-record"),
            ("POST", EPISODES),
            ("GET", EPISODES),
            ("GET", ONE_EPISODE),
            ("PUT", f"{ONE_EPISODE}/baseline"),
            ("POST", f"{ONE_EPISODE}/goals"),
            ("POST", f"{ONE_EPISODE}/goals/<uuid:goal_id>/scores"),
            ("PUT", f"{ONE_EPISODE}/next-visit"),
            ("POST", f"{ONE_EPISODE}/transfer"),
            ("POST", f"{ONE_EPISODE}/hold"),
            ("POST", f"{ONE_EPISODE}/resume"),
            ("POST", f"{ONE_EPISODE}/discharge"),
            ("POST", f"{ONE_EPISODE}/reopen"),
            ("POST", PATTERNS),
            ("GET", PATTERNS),
            ("GET", ONE_PATTERN),
            ("POST", f"{ONE_PATTERN}/confirm"),
            ("POST", f"{ONE_PATTERN}/refute"),
            ("POST", f"{ONE_PATTERN}/correct"),
            ("POST", f"{ONE_PATTERN}/hold"),
            ("POST", f"{ONE_PATTERN}/relapse"),
            ("POST", f"{ONE_PATTERN}/resolve"),
            ("POST", f"{ONE_PATTERN}/subordinate"),
            ("POST", f"{ONE_PATTERN}/promote"),
            ("POST", f"{ONE_PATTERN}/clear"),
            ("POST", f"{ONE_PATTERN}/close"),
            ("POST", f"{ONE_PATTERN}/entered-in-error"),
            ("GET", f"{ONE_SESSION}/proposals"),
            ("GET", f"{ONE_CLIENT}/plan"),
            ("POST", HOMEWORK),
            ("GET", HOMEWORK),
            ("GET", ONE_HOMEWORK),
            ("PUT", ONE_HOMEWORK),
            ("POST", f"{ONE_HOMEWORK}/reports"),
            ("POST", f"{ONE_HOMEWORK}/stop"),
            ("POST", f"{ONE_HOMEWORK}/link"),
        )
    ),
)

ACCESS_TO_RECORDS = (
    Row(T, "POST", COVERS, (THERAPIST,), "clinic"),
    Row(T, "GET", COVERS, CLINICAL, "listed"),
    Row(T, "GET", f"{COVERS}/<uuid:cover_id>", CLINICAL, "clinic"),
    Row(T, "POST", f"{COVERS}/<uuid:cover_id>/end", CLINICAL, "clinic"),
    Row(T, "GET", f"{ONE_CLIENT}/access-log", MANAGERS, "one_clinic", reads="identity"),
    Row(T, "POST", GLASSES, CLINICAL, reads="clinical"),
    Row(T, "GET", GLASSES, MANAGERS, "listed", "clinical"),
    Row(T, "POST", f"{GLASSES}/<uuid:break_id>/review", MANAGERS, "clinic", "clinical"),
)

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

TABLE = {
    "Visits": VISITS,
    "Clients": PEOPLE,
    "Clinics, therapists and offerings": DIRECTORY,
    "Staff": COLLEAGUES,
    "The treatment record": RECORD,
    "Access to records": ACCESS_TO_RECORDS,
    "Links of clients": (*LINKS, *LINKS_OF_TREATMENT),
    "Pages of staff": STAFF_PAGES,
    "Machines": MACHINES,
}
OPERATIONS = tuple(row for part in TABLE.values() for row in part)
