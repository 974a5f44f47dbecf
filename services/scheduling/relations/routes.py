"""The API of relations: entered with the client whom they are about, and seen from both ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.known import must_exist
from services.scheduling.relations.decider import RELATION, AddRelation, ChangeRelation, EndRelation, Family
from services.scheduling.relations.load import guards_of, load_circle, relation_of
from services.scheduling.relations.rules import is_minor
from services.scheduling.relations.schemas import EndFields, RelationChange, RelationFields, RelationSchema
from shared.aliases import followers_of, person_of
from shared.decider import NotThere, handle
from shared.events.scheduling_relations import RelationAdded
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find

blueprint = Operations("relations", __name__, url_prefix="/v1/clients/<uuid:client_id>/relations")

SHOWN = """
    SELECT relation.id, relation.kind, relation.may, relation.until, relation.source, relation.evidence,
      relation.ended, relation.version, client.id AS client_id, client.name AS client_name,
      related.id AS related_client_id, related.name AS related_client_name
    FROM relations relation
      JOIN clients client ON client.id = person_of(relation.client_id)
      JOIN clients related ON related.id = person_of(relation.related_client_id)
"""
OF_CLIENT = text(
    f"{SHOWN} WHERE (relation.client_id = ANY(:ids) OR relation.related_client_id = ANY(:ids))"
    " AND (CAST(:after AS uuid) IS NULL OR relation.id > :after) ORDER BY relation.id LIMIT :most"
)
ONE = text(f"{SHOWN} WHERE relation.id = :relation_id")


@blueprint.command("POST", "", RelationSchema, status=201, body=RelationFields)
def add_relation(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Enter who may act for this client: book, receive messages, see care."""
    find(call.connection, "clients", client_id)
    must_exist(call.connection, related_client_id=("clients", [body["related_client_id"]]))
    lock(call.connection, ("relations", [call.chain_id]))
    relation_id = new_id()
    persons = {
        "client_id": person_of(call.connection, client_id),
        "related_client_id": person_of(call.connection, body["related_client_id"]),
    }
    added = RelationAdded(relation_id=relation_id, **body | persons | {"may": tuple(body["may"])})
    family = family_around(call.connection, relation_id, added.kind, **persons, now=call.now)
    handle(call.tx, RELATION, f"relation-{relation_id}", AddRelation(added, family))
    return answer(call, client_id, relation_id)


@blueprint.query("", page_of(RelationSchema), query=PageQuery)
def list_relations(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """Who may act for this client, and for whom this client may act, in the order in which they were entered."""
    find(call.connection, "clients", client_id)
    after = read_cursor(query["cursor"], tuple[UUID])
    ids = followers_of(call.connection, person_of(call.connection, client_id))
    values = {"ids": ids, "after": after and after[0], "most": query["limit"] + 1}
    found = page(call.connection.execute(OF_CLIENT, values).all(), query["limit"], lambda row: (row.id,))
    return Answer(found | {"items": shown(call, found["items"])})


@blueprint.command("PATCH", "/<uuid:relation_id>", RelationSchema, body=patch_of(RelationChange), if_match=True)
def change_relation(call: Call, body: dict[str, Any], client_id: UUID, relation_id: UUID) -> Answer:
    """Change what a relation allows, or until when; whom messages not yet sent go to follows from it."""
    lock(call.connection, ("relations", [call.chain_id]))
    relation = relation_of_client(call, client_id, relation_id)
    changes = {name: tuple(value) if name == "may" else value for name, value in body.items()}
    persons = {name: person_of(call.connection, getattr(relation, name)) for name in ("client_id", "related_client_id")}
    family = family_around(call.connection, relation_id, relation.kind, **persons, now=call.now)
    handle(call.tx, RELATION, f"relation-{relation_id}", ChangeRelation(changes, family), if_match=call.if_match)
    return answer(call, client_id, relation_id)


@blueprint.command("POST", "/<uuid:relation_id>/end", RelationSchema, body=EndFields, if_match=True)
def end_relation(call: Call, body: dict[str, Any], client_id: UUID, relation_id: UUID) -> Answer:
    """End a relation now, for good; messages not yet sent no longer go to this person."""
    relation_of_client(call, client_id, relation_id)
    handle(call.tx, RELATION, f"relation-{relation_id}", EndRelation(body["reason"]), if_match=call.if_match)
    return answer(call, client_id, relation_id)


def relation_of_client(call: Call, client_id: UUID, relation_id: UUID) -> Row[Any]:
    """A relation that is about this client, by whatever id; raises NotThere."""
    relation = find(call.connection, "relations", relation_id)
    if person_of(call.connection, relation.client_id) != person_of(call.connection, client_id):
        raise NotThere
    return relation


def family_around(
    connection: Connection, relation_id: UUID, kind: str, client_id: UUID, related_client_id: UUID, *, now: datetime
) -> Family:
    """What the relation must fit into; read under the lock on the chain's relations."""
    circle = load_circle(connection, [client_id, related_client_id])
    client, related = circle.people[client_id], circle.people[related_client_id]
    return Family(
        guards_of_related=guards_of(connection, related.id, now),
        related_is_minor=is_minor(circle.relations, related, now),
        client_is_adult=client.is_adult(now) is True,
        exists=any(
            (each.kind, each.related_id) == (kind, related.id) and each.holds(client, now)
            for each in circle.relations
            if each.id != relation_id
        ),
    )


def shown(call: Call, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    people = load_circle(call.connection, [row.client_id for row in rows]).people
    return [
        found | {"holds": not row.ended and relation_of(row).holds(people[row.client_id], call.now)}
        for row, found in zip(rows, call.opened(rows, evidence=None), strict=True)
    ]


def answer(call: Call, client_id: UUID, relation_id: UUID) -> Answer:
    [found] = shown(call, call.connection.execute(ONE, {"relation_id": relation_id}).all())
    return Answer(found, version=found["version"], location=f"/v1/clients/{client_id}/relations")
