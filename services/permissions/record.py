"""Who may do what with the treatment record, and what opens it, through treatment."""

from services.permissions.desk import ONE_CLIENT
from services.permissions.roles import ADMINS, CLINICAL, MANAGERS, TREATING, T
from shared.auth import STAFF, THERAPIST
from shared.http.permissions import Operation as Row

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
