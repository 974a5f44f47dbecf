"""The read model of homework: whose it is and whether it is still done; all else is in its stream."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import treatment_homework as h
from shared.writing import change, put


def homework(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case h.HomeworkAssigned() as event:
            put(
                connection,
                "homework",
                ("id",),
                id=event.homework_id,
                chain_id=entry.chain_id,
                recorded_client_id=event.client_id,
                version=entry.version,
                episode_id=event.episode_id,
                pattern_id=event.pattern_id,
                stopped=False,
            )
        case h.HomeworkRevised() | h.HomeworkReported() as event:
            change(connection, "homework", {"id": event.homework_id}, version=entry.version)
        case h.HomeworkStopped() as event:
            change(connection, "homework", {"id": event.homework_id}, version=entry.version, stopped=True)
        case _:
            pass


VIEWS = (homework,)
