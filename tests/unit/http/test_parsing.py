"""Bodies are measured before they are read, in one pass over their bytes."""

import pytest

from shared.http.parsing import STRINGS, depth


@pytest.mark.parametrize(
    ("body", "deepest"),
    [
        (b"", 0),
        (b"1", 0),
        (b"[]", 1),
        (b'{"a": [{"b": []}]}', 4),
        (b'["[[[[", {}]', 2),
        (rb'["\"[[[", []]', 2),
        (rb'["\\", [[]]]', 3),
        (b"][", 0),
        (b'["a', 1),
        (b'["[[', 1),
        (b'["[\\', 1),
    ],
)
def test_counts_brackets_outside_of_strings(body: bytes, deepest: int) -> None:
    assert depth(body) == deepest


@pytest.mark.parametrize("body", [rb"\"" * 3, rb"\"" * 3 + b"\\", b'"' * 5])
def test_a_string_without_an_end_takes_all_that_is_left(body: bytes) -> None:
    """Otherwise each of its quotes would be tried as a beginning, and a body of some KB would take minutes."""
    assert b'"' not in STRINGS.sub(b"", body)
