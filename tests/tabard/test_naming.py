"""Python names become GraphQL names, and come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard import Company
from tabard.naming import SNAKE, camel, noun_of, pascal, plural, snake, title

WORD = st.from_regex(r"[a-z][a-z0-9]*", fullmatch=True)
# A part that begins with a digit runs into the one before it: `net_30` and `net30` are the same in GraphQL.
NAMES = st.lists(WORD, min_size=1, max_size=4).map("_".join)


@given(NAMES)
def test_snake_inverts_camel_and_pascal(name: str) -> None:
    assert snake(camel(name)) == name
    assert snake(pascal(name)) == name


@given(NAMES)
def test_camel_and_pascal_differ_in_the_first_letter_only(name: str) -> None:
    assert camel(name)[1:] == pascal(name)[1:]
    assert camel(name)[0].islower()
    assert pascal(name)[0].isupper()


@given(NAMES)
def test_joined_words_are_snake_case(name: str) -> None:
    assert SNAKE.match(name)


@pytest.mark.parametrize("name", ["", "A", "aB", "_a", "a_", "a__b", "1a", "a b", "a-b", "ä", "a\n"])
def test_everything_else_is_not(name: str) -> None:
    assert not SNAKE.match(name)


def test_noun_of_a_type_begins_its_ids() -> None:
    assert noun_of(Company) == "company"
    assert noun_of(type("CustomRecord", (), {})) == "custom_record"


def test_title_is_a_label() -> None:
    assert title("close_on") == "Close on"


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("Company", "companies"),
        ("Service", "services"),
        ("CustomRecord", "custom_records"),
        ("Survey", "surveys"),
        ("Address", "addresses"),
        ("Branch", "branches"),
        ("Box", "boxes"),
    ],
)
def test_lists_are_named_in_the_plural(name: str, lists: str) -> None:
    assert plural(noun_of(type(name, (), {}))) == lists
