"""What the codes of a report are called: numbers, populations, reasons. One without a name is shown as it is."""

from shared.reports.words import gettext

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        gettext("Outcomes"),
        (
            "responders_of_started",
            "responders_of_completers",
            "outcome_change",
            "check_in_response",
            "check_in_coverage",
            "case_mix_ratio",
        ),
    ),
    (
        gettext("Patterns"),
        ("hold_rate", "pattern_resolution", "relapse", "loop_completeness", "rater_agreement"),
    ),
    (
        gettext("Clients"),
        (
            "active_caseload",
            "clients_by_chain",
            "clients_by_clinic",
            "clients_by_therapist",
            "visits_per_episode",
            "overdue_follow_ups",
        ),
    ),
    (
        gettext("Visits"),
        ("attended_visits", "utilisation", "cancellation_rate", "no_show_rate", "rebooking_rate"),
    ),
    (
        gettext("Notes and safety"),
        ("unsigned_notes", "hours_to_sign", "addenda_per_100_sessions", "minutes_to_acknowledge", "overrides"),
    ),
)

OTHERS = gettext("Other numbers")

METRICS = {
    "responders_of_started": gettext("Responders, of all started"),
    "responders_of_completers": gettext("Responders, of those heard of again"),
    "outcome_change": gettext("Change of pain, median"),
    "check_in_response": gettext("Check-ins answered"),
    "check_in_coverage": gettext("Episodes with baseline and follow-up"),
    "case_mix_ratio": gettext("Responders, observed to expected"),
    "hold_rate": gettext("Held at the first cold retest"),
    "cold_retests_done": gettext("cold retest done"),
    "pattern_resolution": gettext("Patterns resolved by day 42"),
    "by_visit_3": gettext("by the third visit"),
    "relapse": gettext("Patterns relapsed by day 180"),
    "by_day_30": gettext("by day 30"),
    "by_day_90": gettext("by day 90"),
    "loop_completeness": gettext("Loops with retest"),
    "rater_agreement": gettext("Agreement of two raters, kappa"),
    "active_caseload": gettext("Active caseload"),
    "clients_by_chain": gettext("Clients seen, as the chain knows them"),
    "clients_by_clinic": gettext("Clients seen, as the clinic knows them"),
    "clients_by_therapist": gettext("Clients seen, as the therapist knows them"),
    "new": gettext("new"),
    "returning": gettext("returning"),
    "reactivated": gettext("reactivated"),
    "visits_per_episode": gettext("Visits per episode, median"),
    "with_open_episodes": gettext("with open episodes (Kaplan-Meier)"),
    "legacy_visit_average": gettext("visits per new client, as other systems count"),
    "overdue_follow_ups": gettext("Overdue follow-ups"),
    "attended_visits": gettext("Attended visits"),
    "utilisation": gettext("Utilisation"),
    "rostered_minutes": gettext("rostered"),
    "blocked_minutes": gettext("blocked"),
    "leave_minutes": gettext("leave"),
    "overrun_minutes": gettext("overrun"),
    "cancellation_rate": gettext("Cancelled"),
    "by_client": gettext("by the client"),
    "by_clinic": gettext("by the clinic"),
    "by_nobody_known": gettext("not known by whom"),
    "by_client_under_24_h": gettext("by the client, under 24 hours"),
    "by_clinic_under_24_h": gettext("by the clinic, under 24 hours"),
    "no_show_rate": gettext("Did not come"),
    "rebooking_rate": gettext("Booked again within 72 hours"),
    "unsigned_notes": gettext("Notes unsigned for over 48 hours"),
    "hours_to_sign": gettext("Time to sign, median"),
    "addenda_per_100_sessions": gettext("Addenda per 100 sessions"),
    "minutes_to_acknowledge": gettext("Time to acknowledge a red flag, median"),
    "overrides": gettext("Overridden with a reason"),
    "alerts": gettext("alerts"),
    "guards": gettext("guards of releases"),
}

POPULATIONS = {
    "episodes_started_in_year": gettext("episodes started in the year before the end of the period"),
    "check_ins_due_in_period": gettext("check-ins due in the period"),
    "first_cold_retests_in_period": gettext("first cold retests in the period"),
    "corrections_in_period": gettext("corrections in the period"),
    "patterns_confirmed_in_year": gettext("patterns confirmed in the year"),
    "patterns_resolved_in_year": gettext("patterns resolved in the year"),
    "loops_with_release": gettext("loops with a release"),
    "blinded_pairs_in_year": gettext("blinded pairs of tests in the year"),
    "clients_with_open_episode": gettext("clients with an open episode"),
    "clients_seen": gettext("clients seen in the period"),
    "episodes_closed_in_period": gettext("episodes closed in the period"),
    "episodes_closed_in_period_or_open": gettext("episodes closed in the period or still open"),
    "open_episodes": gettext("open episodes"),
    "visits": gettext("visits that began in the period"),
    "attended_visits": gettext("attended visits"),
    "rostered_minutes": gettext("rostered minutes"),
    "sessions": gettext("sessions"),
    "sessions_signed_in_period": gettext("sessions signed in the period"),
    "red_flags_raised_in_period": gettext("red flags raised in the period"),
    "alerts_closed_in_period": gettext("alerts closed in the period"),
    "releases_in_period": gettext("releases in the period"),
    "alerts_and_releases": gettext("alerts and releases"),
}

REASONS = {
    "no_baseline": gettext("without baseline"),
    "floor": gettext("baseline 0 or 1"),
    "missing": gettext("not heard of again"),
    "undelivered": gettext("not delivered"),
    "opted_out": gettext("opted out"),
    "cancelled": gettext("cancelled"),
    "too_recent": gettext("too recent"),
    "no_later_session": gettext("no later session yet"),
    "no_follow_up": gettext("without follow-up"),
    "refuted": gettext("refuted"),
    "not_seen": gettext("not seen for 42 days"),
    "planned_discharge": gettext("planned discharge"),
    "open": gettext("nobody said what became of it"),
    "not_acknowledged": gettext("not acknowledged"),
}

WHY_NONE = {
    "no_capacity": gettext("no capacity"),
    "not_enough": gettext("not enough"),
    "no_baseline": gettext("no baseline"),
    "nobody": gettext("none yet"),
    "not_reached": gettext("not known yet"),
    "suppressed": gettext("too few to show"),
    "not_closed": gettext("closed months only"),
    "once_a_year": gettext("December only"),
}

SCOPES = {
    "therapist": gettext("Caseload of a therapist"),
    "clinic": gettext("Caseload of a clinic"),
    "chain": gettext("Caseload of the chain"),
}


def name_of(code: str, names: dict[str, str]) -> str:
    """In the language that the texts are written in."""
    return names.get(code, code.replace("_", " "))
