"""The invented chain: five clinics in four time zones, two of them in one city, and what can be booked there.

Plain values. Phone numbers come from ranges that the authorities of their countries keep for films and books. Every
thing has a key of its own, by which it is found again.
"""

from dataclasses import dataclass

SLUG = "demo"
NAME = "Demo Chain"

CONFIRMATION_WAIT_SECONDS = 3
"""How long a confirmation of what the desk does waits here; two minutes are the usual."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = WEEK[:5]


@dataclass(frozen=True, slots=True)
class Hours:
    """The same clock times on some days of the week; `closes` at or before `opens` is on the next day."""

    weekdays: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    key: str
    name: str
    city: str
    region: str = ""
    postal_code: str
    country: str
    latitude: float
    longitude: float
    time_zone: str
    phone: str
    hours: tuple[Hours, ...]
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    name: str
    duration_minutes: int
    buffer_after_minutes: int = 0
    qualification: str | None = None
    room_kind: str = "treatment"
    grid_minutes: int = 15
    min_notice_minutes: int = 120
    horizon_days: int = 60
    cancel_notice_minutes: int = 24 * 60
    reminder_lead_minutes: tuple[int, ...] | None = None
    price_minor: int


DAY_AND_NIGHT = Hours(WEEK, "00:00", "24:00")

RIVER = Clinic(
    key="berlin-river",
    name="Demo Clinic Berlin River",
    city="Berlin",
    postal_code="10999",
    country="DE",
    latitude=52.4990,
    longitude=13.4180,
    time_zone="Europe/Berlin",
    phone="+493023125001",
    hours=(DAY_AND_NIGHT,),
    rooms=("treatment",) * 5,
)
PARK = Clinic(
    key="berlin-park",
    name="Demo Clinic Berlin Park",
    city="Berlin",
    postal_code="13353",
    country="DE",
    latitude=52.5450,
    longitude=13.3550,
    time_zone="Europe/Berlin",
    phone="+493023125002",
    hours=(Hours(WORKDAYS, "07:00", "20:00"), Hours(("sat",), "09:00", "14:00")),
    rooms=("treatment",) * 4 + ("gym",),
)
LONDON = Clinic(
    key="london",
    name="Demo Clinic London",
    city="London",
    postal_code="SE1 0AA",
    country="GB",
    latitude=51.5010,
    longitude=-0.0930,
    time_zone="Europe/London",
    phone="+442079460001",
    hours=(Hours(WORKDAYS, "08:00", "19:00"),),
    rooms=("treatment",) * 3,
)
DENVER = Clinic(
    key="denver",
    name="Demo Clinic Denver",
    city="Denver",
    region="CO",
    postal_code="80202",
    country="US",
    latitude=39.7470,
    longitude=-104.9950,
    time_zone="America/Denver",
    phone="+13035550101",
    hours=(Hours(WEEK[:6], "07:00", "19:00"),),
    rooms=("treatment", "treatment", "gym"),
)
ADELAIDE = Clinic(
    key="adelaide",
    name="Demo Clinic Adelaide",
    city="Adelaide",
    region="SA",
    postal_code="5000",
    country="AU",
    latitude=-34.9260,
    longitude=138.6000,
    time_zone="Australia/Adelaide",
    phone="+61870100101",
    hours=(Hours(WORKDAYS, "08:00", "18:00"), Hours(("sat",), "09:00", "13:00")),
    rooms=("treatment", "treatment"),
)
CLINICS = (RIVER, PARK, LONDON, DENVER, ADELAIDE)

TRAVEL_MINUTES = {(RIVER.key, PARK.key): 25, (PARK.key, RIVER.key): 30}

FOLLOW_UP = "Demo follow-up"
FIRST_VISIT = "Demo first visit"
EXERCISE = "Demo exercise session"
SOON = "Demo visit with reminders from 14 to 5 minutes before"

OFFERINGS = (
    Offering(name=FIRST_VISIT, duration_minutes=90, buffer_after_minutes=15, qualification="nkt-2", price_minor=140_00),
    Offering(name=FOLLOW_UP, duration_minutes=60, buffer_after_minutes=10, qualification="nkt-1", price_minor=95_00),
    Offering(name=EXERCISE, duration_minutes=45, room_kind="gym", qualification="nkt-1", price_minor=50_00),
    Offering(
        name=SOON,
        duration_minutes=5,
        grid_minutes=5,
        min_notice_minutes=0,
        cancel_notice_minutes=0,
        reminder_lead_minutes=tuple(range(14, 4, -1)),
        price_minor=10_00,
    ),
)
"""The last one is for the tour: at any minute it has a visit of which a reminder falls due within the next."""
