"""The API of the catalogue: the same for every chain, and for an old version what it said then."""

from dataclasses import asdict
from typing import Any

from services.treatment.catalogue.schemas import TargetQuery, TargetSchema, VersionQuery
from services.treatment.catalogue.search import Rank, search
from shared.catalogue.model import Target
from shared.catalogue.targets import CATALOGUE
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor

blueprint = Operations("catalogue", __name__, url_prefix="/v1/catalogue/targets")


@blueprint.query("", page_of(TargetSchema), query=TargetQuery)
def list_targets(call: Call, query: dict[str, Any]) -> Answer:
    """The targets that were meant by `search`, best first; without it all of them, by name."""
    del call
    version = query["version"]
    after = read_cursor(query["cursor"], Rank)
    among = (each for each in CATALOGUE.at(version) if fits(each, query))
    found = [(rank, each) for rank, each in search(among, query["search"]) if after is None or rank > after]
    listed = page(found, query["limit"], lambda row: row[0])
    return Answer(listed | {"items": [shown(each, version) for _, each in listed["items"]]})


@blueprint.query("/<code>", TargetSchema, query=VersionQuery)
def show_target(call: Call, query: dict[str, Any], code: str) -> Answer:
    """One target, also one that is no longer in the catalogue, by the version that a record names."""
    del call
    return Answer(shown(CATALOGUE.find(code, query["version"]), query["version"]))


def fits(target: Target, query: dict[str, Any]) -> bool:
    return query["kind"] in (None, target.kind) and query["region"] in (None, target.region)


def shown(target: Target, version: int) -> dict[str, Any]:
    sites = [CATALOGUE.sites[code] for code in target.endangerment]
    return asdict(target) | {"sides": target.sides, "endangerment": sites, "catalogue": version}
