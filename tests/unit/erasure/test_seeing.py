"""What somebody with a role at some clinics reads of a request to be forgotten."""

from services.scheduling.erasure.seeing import holds_seen, kept_seen

HERE, THERE = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


def test_what_holds_elsewhere_is_counted_and_who_acts_for_whom_is_told() -> None:
    acts, mine, theirs = {"kind": "acts_for", "id": "a"}, {"kind": "visit", "id": "b"}, {"kind": "visit", "id": "c"}
    task = {"kind": "contact_task", "id": "d"}
    assert holds_seen([acts, mine, theirs, task], own={"b"}) == {"holds": [acts, mine], "unseen_holds": 2}


def test_of_what_is_kept_elsewhere_only_the_class_is_told() -> None:
    mine = {"data_class": "identity", "until": "2036-11-23", "clinic_id": HERE, "years": 10}
    theirs = mine | {"data_class": "clinical", "clinic_id": THERE}
    nothing = {"until": None, "clinic_id": None, "years": None}
    assert kept_seen([mine, theirs], here={HERE}) == [mine, nothing | {"data_class": "clinical"}]
