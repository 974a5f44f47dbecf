"""The numbers of one report, each as docs/reports.md words it, and whose reports there are."""

from uuid import UUID

from tests.support.oracle.arithmetic import Number
from tests.support.oracle.check_ins import CheckIns
from tests.support.oracle.outcomes import Outcomes
from tests.support.oracle.patterns import Patterns
from tests.support.oracle.sessions import Sessions
from tests.support.oracle.story import Story


class Reckoning(CheckIns, Sessions, Outcomes, Patterns):
    """All numbers of a scope."""

    def numbers(self) -> dict[str, Number]:
        return {
            "attended_visits": self.attended_visits(),
            "clients_by_chain": self.clients(lambda one, other: True),
            "clients_by_clinic": self.clients(lambda one, other: one.clinic_id == other.clinic_id),
            "clients_by_therapist": self.clients(lambda one, other: one.therapist_id == other.therapist_id),
            "utilisation": self.utilisation(),
            "cancellation_rate": self.cancellation_rate(),
            "no_show_rate": self.no_show_rate(),
            "rebooking_rate": self.rebooking_rate(),
            "active_caseload": self.active_caseload(),
            "visits_per_episode": self.visits_per_episode(),
            "overdue_follow_ups": self.overdue_follow_ups(),
            "check_in_response": self.check_in_response(),
            "loop_completeness": self.loop_completeness(),
            "unsigned_notes": self.unsigned_notes(),
            "hours_to_sign": self.hours_to_sign(),
            "addenda_per_100_sessions": self.addenda(),
            "minutes_to_acknowledge": self.minutes_to_acknowledge(),
            "overrides": self.overrides(),
            "check_in_coverage": self.check_in_coverage(),
            "outcome_change": self.outcome_change(),
            "responders_of_started": self.responders(lambda each: each.can_respond),
            "responders_of_completers": self.responders(lambda each: each.is_complete),
            "case_mix_ratio": self.case_mix_ratio(),
            "rater_agreement": self.rater_agreement(),
            "hold_rate": self.hold_rate(),
            "pattern_resolution": self.pattern_resolution(),
            "relapse": self.relapse(),
        }


def everybody(story: Story, chain_id: UUID) -> set[tuple[str, UUID]]:
    """The chain, each clinic that has terms, and each therapist who was taken on."""
    clinics = {("clinic", each) for each in story.terms}
    return {("chain", chain_id), *clinics, *(("therapist", each) for each in story.leaves_on)}
