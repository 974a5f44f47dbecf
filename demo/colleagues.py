"""The invented staff of the chain, and where they are written to: therapists, managers, an administrator."""

from dataclasses import dataclass

from demo.chain import CLINICS
from demo.people import THERAPISTS
from demo.practice import Ids, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody with one role, at these clinics or at all; `key` names the mailbox, `therapist` whom visits name."""

    key: str
    name: str
    role: str
    clinics: tuple[str, ...] | None
    locale: str
    therapist: str | None = None

    def body(self, clinics: Ids, therapists: Ids) -> Json:
        where = None if self.clinics is None else [clinics[key] for key in self.clinics]
        return {
            "name": self.name,
            "therapist_id": None if self.therapist is None else therapists[self.therapist],
            "roles": [{"role": self.role, "clinics": where}],
        }

    @property
    def address(self) -> Json:
        return {"address": f"{self.key}@staff.demo.example", "locale": self.locale}


COLLEAGUES = (
    Colleague(key="administrator", name="Demo Administrator", role="chain_admin", clinics=None, locale="en"),
    *(
        Colleague(
            key=f"manager-{clinic.key}",
            name=f"Demo Manager of {clinic.name}",
            role="manager",
            clinics=(clinic.key,),
            locale="de" if clinic.country == "DE" else "en",
        )
        for clinic in CLINICS
    ),
    *(
        Colleague(
            key=therapist.key,
            name=therapist.name,
            role="therapist",
            clinics=tuple(dict.fromkeys(shift.clinic for shift in therapist.shifts)),
            locale=therapist.languages[0] if therapist.languages[0] in {"de", "en"} else "en",
            therapist=therapist.key,
        )
        for therapist in THERAPISTS
    ),
)
