"""Who may do what with visits, clients, clinics and the staff itself, through scheduling."""

from services.permissions.roles import ADMINS, DESK, MANAGERS, TREATING, S
from shared.auth import STAFF
from shared.http.permissions import Operation as Row

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
