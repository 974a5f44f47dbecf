"""The read model of relations: one row for each that was ever entered."""

from sqlalchemy import Connection

from services.scheduling.directory.views import put_fields
from shared.event_store import Happened
from shared.events import scheduling_relations as r
from shared.kept import kept
from shared.writing import change


def relations(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case r.RelationAdded():
            put_fields(connection, "relations", entry, relation_id="id")
        case r.RelationChanged() as event:
            values = {"may": list(event.may), "until": event.until, "source": event.source}
            sealed = {"evidence": kept(entry, "evidence"), "version": entry.version}
            change(connection, "relations", {"id": event.relation_id}, **values, **sealed)
        case r.RelationEnded() as event:
            change(connection, "relations", {"id": event.relation_id}, ended=True, version=entry.version)
        case _:
            pass


VIEWS = (relations,)
