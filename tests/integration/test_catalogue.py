"""The catalogue over HTTP: found by whoever treats, page by page, and as an old record's version had it."""

from typing import Any

from tests.support.api import Api, Chain

TARGETS = "/v1/catalogue/targets"


def codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer["items"]]


def therapist(treating: Chain) -> Api:
    return treating.caller("therapist")


def test_a_target_says_what_it_is_where_it_lies_and_on_which_sides(treating: Chain) -> None:
    assert therapist(treating).get(f"{TARGETS}/psoas_major") == {
        "code": "psoas_major",
        "kind": "muscle",
        "name": "psoas major",
        "latin": "musculus psoas major",
        "synonyms": ["psoas", "hip flexors"],
        "german": ["großer Lendenmuskel"],
        "region": "hip",
        "parent": "iliopsoas",
        "sidedness": "paired",
        "sides": ["left", "right", "bilateral"],
        "chart_regions": ["upper_abdomen", "lower_abdomen", "hip"],
        "endangerment": [
            {"code": "abdomen", "name": "abdomen", "why": "aorta, bowel, liver, spleen"},
            {
                "code": "femoral_triangle",
                "name": "femoral triangle",
                "why": "femoral artery, vein and nerve, lymph nodes",
            },
        ],
        "uberon": "UBERON:0001298",
        "fma": "FMA:18060",
        "since": 1,
        "until": None,
        "catalogue": 1,
    }


def test_search_finds_what_was_meant_best_first(treating: Chain) -> None:
    api = therapist(treating)
    assert codes(api.get(f"{TARGETS}?search=pirifomis")) == ["piriformis"]
    assert codes(api.get(f"{TARGETS}?search=Gesäß"))[0] == "gluteus_maximus"
    assert codes(api.get(f"{TARGETS}?search=knee&kind=joint")) == ["knee_joint"]
    assert codes(api.get(f"{TARGETS}?search=flexor&region=foot")) == []


def test_pages_follow_each_other_without_a_gap(treating: Chain) -> None:
    api = therapist(treating)
    everything = codes(api.get(f"{TARGETS}?limit=500"))
    page = api.get(f"{TARGETS}?limit=50")
    found = codes(page)
    while page["next"]:
        page = api.get(f"{TARGETS}?limit=50&cursor={page['next']}")
        found += codes(page)
    assert found == everything
    assert len(found) == len(set(found)) > 150


def test_what_is_not_in_the_catalogue_is_not_there(treating: Chain) -> None:
    api = therapist(treating)
    api.get(f"{TARGETS}/third_arm", 404)
    api.get(f"{TARGETS}/psoas_major?version=2", 422)
    api.get(f"{TARGETS}?version=0", 422)
    api.get(f"{TARGETS}?kind=bone", 422)
    api.get(f"{TARGETS}?search={'x' * 61}", 422)
    api.get(f"{TARGETS}?cursor=WzFd", 422)
