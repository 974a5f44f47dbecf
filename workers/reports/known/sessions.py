"""Sessions as they were known, without those that never were, and what was done in them, by the entries that stood."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from workers.reports.known.people import People
from workers.reports.window import Window

SESSIONS = text("""
    SELECT session_id, (array_agg(client_id))[1] AS client_id,
      (array_agg(therapist_id) FILTER (WHERE step = 'started'))[1] AS therapist_id,
      (array_agg(clinic_id) FILTER (WHERE step = 'started'))[1] AS clinic_id,
      (array_agg(episode_id ORDER BY position DESC) FILTER (WHERE step IN ('started', 'linked')))[1] AS episode_id,
      (array_agg(appointment_id ORDER BY position DESC) FILTER (WHERE step IN ('started', 'linked')))[1]
        AS appointment_id,
      min(happened_at) FILTER (WHERE step = 'started') AS started_at,
      min(happened_at) FILTER (WHERE step = 'signed') AS signed_at,
      count(*) FILTER (WHERE step = 'addendum' AND happened_at >= :starts_at AND happened_at < :shown_at) AS addenda
    FROM report_session_steps WHERE chain_id = :chain_id AND position <= :treatment
    GROUP BY session_id
    HAVING NOT bool_or(step = 'in_error') AND bool_or(step = 'started')
    ORDER BY started_at, session_id
""")

TESTS = ("test", "retest")
INTERVENTIONS = ("release", "activation")

BEGUN = """
SELECT session_id, therapist_id, clinic_id FROM report_session_steps AS step
WHERE chain_id = :chain_id AND position <= :treatment AND step = 'started'
  AND happened_at >= :since AND happened_at < :shown_at
  AND NOT EXISTS (
    SELECT FROM report_session_steps AS error
    WHERE error.chain_id = :chain_id AND error.session_id = step.session_id AND error.step = 'in_error'
      AND error.position <= :treatment
  )
"""
"""The sessions that began from a moment on until the moment shown."""

OF_EPISODES = """
SELECT * FROM unnest(CAST(:sessions AS uuid[]), CAST(:episodes AS uuid[])) AS given (session_id, episode_id)
"""

STANDING = """
entry AS (
  SELECT * FROM (
    SELECT DISTINCT ON (chosen.session_id, entry_id) * FROM chosen JOIN report_entries USING (session_id)
    WHERE chain_id = :chain_id AND position <= :treatment AND kind = ANY(:kinds)
    ORDER BY chosen.session_id, entry_id, position DESC
  ) AS latest WHERE NOT in_error
)
"""
ENTRIES = f"chosen AS ({BEGUN}), {STANDING}"
"""Common table expressions: `entry` has one row for each entry of these kinds that stands, with its therapist."""

ENTRIES_OF_EPISODES = f"chosen AS ({OF_EPISODES}), {STANDING}"
"""The same of given sessions, with the episode of each."""

LOOPS = text(f"""
    WITH {ENTRIES}, release AS (
      SELECT session_id, loop_id, therapist_id, clinic_id, min(sequence) AS sequence FROM entry
      WHERE kind = 'release' AND loop_id IS NOT NULL GROUP BY session_id, loop_id, therapist_id, clinic_id
    ), retest AS (
      SELECT session_id, loop_id, max(sequence) AS sequence FROM entry
      WHERE kind = 'retest' AND loop_id IS NOT NULL AND response <> 'not_tested' GROUP BY session_id, loop_id
    )
    SELECT therapist_id, clinic_id, count(*) AS released,
      count(*) FILTER (WHERE retest.sequence > release.sequence) AS retested
    FROM release LEFT JOIN retest USING (session_id, loop_id) GROUP BY therapist_id, clinic_id
""")  # noqa: S608 - made of constants alone
OVERRIDES = text(f"""
    WITH {ENTRIES}
    SELECT therapist_id, clinic_id, count(*) AS n FROM entry WHERE overridden
    GROUP BY therapist_id, clinic_id
""")  # noqa: S608 - made of constants alone
RATINGS = text(f"""
    WITH chosen AS ({BEGUN} AND EXISTS (
      SELECT FROM report_entries AS rated
      WHERE rated.chain_id = :chain_id AND rated.session_id = step.session_id AND rated.blinded
    )), {STANDING}, ordered AS (
      SELECT *, count(*) FILTER (WHERE kind IN ('release', 'activation'))
        OVER (PARTITION BY session_id ORDER BY sequence, entry_id) AS after
      FROM entry
    )
    SELECT session_id, therapist_id, clinic_id, target, side, after, rater, response FROM ordered
    WHERE blinded AND rater IS NOT NULL AND NOT provoked AND response <> 'not_tested'
      AND kind IN ('test', 'retest')
    ORDER BY session_id, target, side, after, sequence, entry_id
""")  # noqa: S608 - made of constants alone
TREATED = text(f"""
    WITH {ENTRIES}
    SELECT therapist_id, clinic_id, count(*) AS n, target, side FROM entry
    GROUP BY therapist_id, clinic_id, target, side
""")  # noqa: S608 - made of constants alone
MARKED = text(f"""
    WITH {ENTRIES}
    SELECT therapist_id, clinic_id, count(*) AS n, region, side FROM entry
    GROUP BY therapist_id, clinic_id, region, side
""")  # noqa: S608 - made of constants alone
COURSE = text(f"""
    WITH {ENTRIES_OF_EPISODES}, treated AS (
      SELECT DISTINCT ON (episode_id) * FROM entry WHERE kind <> 'pain' AND happened_at < :shown_at
      ORDER BY episode_id, happened_at, session_id
    )
    SELECT episode_id, kind, session_id, value, target, side, happened_at FROM (
      SELECT * FROM entry WHERE taken IN ('before', 'now') AND happened_at < :shown_at
      UNION ALL SELECT * FROM treated
    ) AS looked_at
    ORDER BY happened_at, sequence, entry_id
""")  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`addenda` are those that were appended in the period."""

    session_id: UUID
    person_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    episode_id: UUID | None
    appointment_id: UUID | None
    started_at: datetime
    signed_at: datetime | None
    addenda: int

    @property
    def visit_id(self) -> UUID:
        """Sessions charted in one visit have the same; one without a visit in the book is a visit of its own."""
        return self.appointment_id or self.session_id


@dataclass(frozen=True, slots=True)
class Loops:
    """Of one therapist at one clinic: loops with a release, and those of them with a retest after it."""

    therapist_id: UUID
    clinic_id: UUID
    released: int
    retested: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a target or region was worked on or marked, or a release overrode what stood in its way."""

    therapist_id: UUID
    clinic_id: UUID
    n: int
    code: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a blinded rater found; `after` is how many releases and activations came before it in its session."""

    session_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    target: str
    side: str
    after: int
    rater: UUID
    response: str


@dataclass(frozen=True, slots=True)
class PainScore:
    session_id: UUID
    value: int
    target: str | None
    side: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Treated:
    """The first release or activation of an episode, and the session that it was done in."""

    session_id: UUID
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """What was done in sessions that began in the period; `ratings` are of its whole year."""

    loops: Sequence[Loops]
    overrides: Sequence[Counted]
    ratings: Sequence[Rating]
    treated: Sequence[Counted]
    marked: Sequence[Counted]


@dataclass(frozen=True, slots=True)
class Course:
    """By episode: the pain before the work and in between, and the first release or activation."""

    pain: Mapping[UUID, Sequence[PainScore]]
    first_treated: Mapping[UUID, Treated]


def sessions(connection: Connection, window: Window, people: People) -> Sequence[Session]:
    """All that ever were, in the order of their starts."""
    return [
        Session(
            session_id=row.session_id,
            person_id=people.person(row.client_id),
            therapist_id=row.therapist_id,
            clinic_id=row.clinic_id,
            episode_id=row.episode_id,
            appointment_id=row.appointment_id,
            started_at=row.started_at,
            signed_at=row.signed_at,
            addenda=row.addenda,
        )
        for row in connection.execute(SESSIONS, window.values).all()
    ]


def work(connection: Connection, window: Window) -> Work:
    """By a statement for each kind."""
    period = window.values | {"since": window.starts_at}
    year = window.values | {"since": window.year_from}
    return Work(
        loops=[Loops(*row) for row in connection.execute(LOOPS, period | of("release", "retest"))],
        overrides=[Counted(*row) for row in connection.execute(OVERRIDES, period | of("release"))],
        ratings=[Rating(**row._asdict()) for row in connection.execute(RATINGS, year | of(*TESTS, *INTERVENTIONS))],
        treated=[Counted(*row) for row in connection.execute(TREATED, period | of("release"))],
        marked=[Counted(*row) for row in connection.execute(MARKED, period | of("mark"))],
    )


def of(*kinds: str) -> dict[str, object]:
    return {"kinds": list(kinds)}


def course(connection: Connection, window: Window, sessions: Collection[Session]) -> Course:
    """Of the episodes that these sessions belong to."""
    links = {"sessions": [each.session_id for each in sessions], "episodes": [each.episode_id for each in sessions]}
    pain: dict[UUID, list[PainScore]] = {}
    first_treated: dict[UUID, Treated] = {}
    rows = connection.execute(COURSE, window.values | links | of("pain", *INTERVENTIONS)).all()
    for episode_id, kind, *found in rows:
        if kind == "pain":
            pain.setdefault(episode_id, []).append(PainScore(*found))
        else:
            session_id, *_, happened_at = found
            first_treated[episode_id] = Treated(session_id, happened_at)
    return Course(pain, first_treated)
