"""The invented people of the chain: fourteen therapists with their weeks, sixty clients with language and clock.

Nobody here is real: addresses end in `.example`, phone numbers are from a range kept for films and books.
"""

from dataclasses import dataclass

from demo.chain import (
    ADELAIDE,
    CLINICS,
    DENVER,
    EXERCISE,
    FIRST_VISIT,
    FOLLOW_UP,
    LONDON,
    PARK,
    RIVER,
    WEEK,
    WORKDAYS,
    Clinic,
    Hours,
)


@dataclass(frozen=True, slots=True)
class Shift:
    clinic: str
    hours: Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Therapist:
    """`gives` are the offerings of the visits loaded for them; none: their time is left free."""

    number: int
    languages: tuple[str, ...]
    highest: int
    shifts: tuple[Shift, ...]
    gives: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"therapist-{self.number:02}"

    @property
    def name(self) -> str:
        return f"Demo Therapist {self.number}"

    @property
    def qualifications(self) -> tuple[str, ...]:
        return tuple(f"nkt-{level}" for level in range(1, self.highest + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    number: int
    home: Clinic
    time_zone: str
    locale: str
    channel: str

    @property
    def key(self) -> str:
        return f"client-{self.number:02}"

    @property
    def name(self) -> str:
        return f"Demo Client {self.number:02}"

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example"

    @property
    def phone(self) -> str:
        return f"+447700900{self.number:03}"


def at(clinic: Clinic, weekdays: tuple[str, ...], opens: str, closes: str) -> Shift:
    return Shift(clinic.key, Hours(weekdays, opens, closes))


BOTH = (FOLLOW_UP, FIRST_VISIT, FOLLOW_UP)

THERAPISTS = (
    # Around the clock at the river, two at a time; whoever goes stays until the next one has settled in
    Therapist(number=1, languages=("de", "en"), highest=2, shifts=(at(RIVER, WEEK, "00:00", "12:30"),)),
    Therapist(number=2, languages=("de", "en"), highest=3, shifts=(at(RIVER, WEEK, "06:00", "18:30"),)),
    Therapist(number=3, languages=("de", "en"), highest=2, shifts=(at(RIVER, WEEK, "12:00", "00:30"),)),
    Therapist(number=4, languages=("de", "ar"), highest=3, shifts=(at(RIVER, WEEK, "18:00", "06:30"),)),
    Therapist(
        number=5,
        languages=("de", "tr"),
        highest=2,
        shifts=(at(PARK, WORKDAYS, "07:00", "12:00"), at(RIVER, WORKDAYS, "13:00", "17:00")),
        gives=BOTH,
    ),
    Therapist(
        number=6,
        languages=("de", "en"),
        highest=2,
        shifts=(at(PARK, WORKDAYS, "12:00", "20:00"), at(PARK, ("sat",), "09:00", "14:00")),
        gives=BOTH,
    ),
    Therapist(
        number=7, languages=("de",), highest=1, shifts=(at(PARK, WORKDAYS, "09:00", "17:00"),), gives=(EXERCISE,)
    ),
    Therapist(number=8, languages=("en",), highest=3, shifts=(at(LONDON, WORKDAYS, "08:00", "16:00"),), gives=BOTH),
    Therapist(
        number=9, languages=("en", "fr"), highest=2, shifts=(at(LONDON, WORKDAYS, "11:00", "19:00"),), gives=BOTH
    ),
    Therapist(
        number=10,
        languages=("en", "de"),
        highest=3,
        shifts=(at(LONDON, WEEK[:2], "09:00", "17:00"), at(PARK, WEEK[3:5], "10:00", "18:00")),
        gives=BOTH,
    ),
    Therapist(
        number=11, languages=("en", "es"), highest=3, shifts=(at(DENVER, WEEK[:6], "07:00", "14:00"),), gives=BOTH
    ),
    Therapist(number=12, languages=("en",), highest=2, shifts=(at(DENVER, WORKDAYS, "11:00", "19:00"),), gives=BOTH),
    Therapist(number=13, languages=("en",), highest=3, shifts=(at(ADELAIDE, WORKDAYS, "08:00", "16:00"),), gives=BOTH),
    Therapist(
        number=14,
        languages=("en", "hi"),
        highest=2,
        shifts=(at(ADELAIDE, WORKDAYS, "10:00", "18:00"), at(ADELAIDE, ("sat",), "09:00", "13:00")),
        gives=BOTH,
    ),
)

AWAY_FROM_HOME = ("Asia/Kathmandu", "America/New_York", "Pacific/Auckland", "Africa/Nairobi")
CHANNELS = ("email", "email", "sms", "email", "email", "email", "sms", "none")


def client(number: int) -> Client:
    home = CLINICS[number % len(CLINICS)]
    is_away = number % 7 == 0
    return Client(
        number=number,
        home=home,
        time_zone=AWAY_FROM_HOME[number % len(AWAY_FROM_HOME)] if is_away else home.time_zone,
        locale="de" if home.country == "DE" and number % 4 else "en",
        channel=CHANNELS[number % len(CHANNELS)],
    )


CLIENTS = tuple(client(number) for number in range(1, 61))
