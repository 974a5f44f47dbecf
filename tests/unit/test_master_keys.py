"""Master keys: what is weak, doubled or misspelt is refused with a reason, and no fault tells a key."""

from base64 import b64encode

import pytest

from shared.cipher import Unreadable
from shared.master_keys import MasterKeyMissing, MasterKeys, new_master_key
from shared.settings import Settings, SettingsFaulty

GOOD = b64encode(bytes(range(32))).decode()
OTHER = b64encode(bytes(range(100, 132))).decode()


def test_the_first_is_current_and_the_others_still_open() -> None:
    old, new = new_master_key("old"), new_master_key("new")
    before, after = MasterKeys.parse(old), MasterKeys.parse(f"{new}, {old}")
    wrapped = before.wrap(b"a key", b"about it")
    assert after.current == "new"
    assert after.unwrap("old", wrapped, b"about it") == b"a key"
    with pytest.raises(Unreadable):
        after.unwrap("new", wrapped, b"about it")
    with pytest.raises(MasterKeyMissing, match="lacks the key older"):
        after.unwrap("older", wrapped, b"about it")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "key 1 has no id"),
        (GOOD, "key 1 has no id"),
        (f"Loud:{GOOD}", "key 1 has no id"),
        (f"one:{GOOD},one:{OTHER}", "two keys one"),
        (f"one:{GOOD},two:{GOOD}", "two ids have the same key"),
        ("one:not base64!", "one is not base64"),
        (f"one:{b64encode(bytes(range(16))).decode()}", "16 bytes, not 32"),
        (f"one:{b64encode(bytes(32)).decode()}", "not random"),
        (f"one:{b64encode(b'ab' * 16).decode()}", "not random"),
        (f"one:{b64encode(b'a-passphrase-of-exactly-32-chars').decode()}", "not random"),
    ],
)
def test_what_cannot_protect_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as refused:
        MasterKeys.parse(text)
    for entry in text.split(","):
        assert (entry.rpartition(":")[2] or "nothing") not in str(refused.value)


def test_a_fault_in_the_setting_is_told_with_the_others_and_without_the_key() -> None:
    weak = b64encode(bytes(32)).decode()
    with pytest.raises(SettingsFaulty) as refused:
        Settings.read({"SYNERGIST_MASTER_KEYS": f"one:{weak}", "SYNERGIST_WEB_THREADS": "0"})
    assert set(refused.value.faults) == {"SYNERGIST_MASTER_KEYS", "SYNERGIST_WEB_THREADS"}
    assert weak not in str(refused.value)


def test_keys_are_not_shown() -> None:
    assert GOOD not in repr(Settings.read({"SYNERGIST_MASTER_KEYS": f"one:{GOOD}"}))
    assert repr(bytes(range(32))) not in repr(MasterKeys.parse(f"one:{GOOD}"))
