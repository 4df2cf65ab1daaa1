"""A page is asked for forward or backward, within a limit, and wrong requests are refused in words."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.connection import DEFAULT_PAGE, MAX_PAGE, Page
from tabard.errors import BadUserInput, GraphError, PageSizeExceeded

SIZES = st.integers(0, MAX_PAGE)


def test_page_without_arguments_is_the_first_twenty_five() -> None:
    assert (
        Page.from_arguments({})
        == Page(DEFAULT_PAGE, None, is_backward=False)
        == Page(25, None, is_backward=False)
    )


@pytest.mark.parametrize(
    ("args", "page"),
    [
        ({"first": 3}, Page(3, None, is_backward=False)),
        ({"first": 3, "after": "c"}, Page(3, "c", is_backward=False)),
        ({"after": "c"}, Page(25, "c", is_backward=False)),
        ({"last": 3}, Page(3, None, is_backward=True)),
        ({"last": 3, "before": "c"}, Page(3, "c", is_backward=True)),
        ({"before": "c"}, Page(25, "c", is_backward=True)),
        ({"first": 0}, Page(0, None, is_backward=False)),
        ({"last": 100}, Page(100, None, is_backward=True)),
        ({"first": None, "last": None, "after": None, "before": None}, Page(25, None, is_backward=False)),
    ],
)
def test_arguments_give_the_page(args: dict[str, Any], page: Page) -> None:
    assert Page.from_arguments(args) == page


@given(
    st.fixed_dictionaries(
        {}, optional={"first": SIZES, "last": SIZES, "after": st.text(), "before": st.text()}
    )
)
def test_arguments_of_both_ends_do_not_mix(args: dict[str, Any]) -> None:
    mixes = bool({"first", "after"} & args.keys() and {"last", "before"} & args.keys())

    try:
        page = Page.from_arguments(args)
    except BadUserInput:
        assert mixes
    else:
        assert not mixes
        assert page.is_backward == bool({"last", "before"} & args.keys())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"first": 1, "last": 1}, "Ask for `first` or for `last`, not for both."),
        ({"last": 1, "after": "c"}, "`after` goes with `first`, `before` goes with `last`."),
        ({"first": 1, "before": "c"}, "`after` goes with `first`, `before` goes with `last`."),
        ({"after": "c", "before": "d"}, "Give `after` or `before`, not both."),
        ({"first": -1}, "`first` must not be negative."),
        ({"last": -1}, "`last` must not be negative."),
    ],
)
def test_senseless_request_is_bad_user_input(args: dict[str, Any], words: str) -> None:
    refuse(args, BadUserInput, words, {"code": "BAD_USER_INPUT"})


@pytest.mark.parametrize(("argument", "cursor"), [("first", "after"), ("last", "before")])
def test_page_above_the_limit_is_refused_with_both_numbers(argument: str, cursor: str) -> None:
    words = f"`{argument}` is 101; a page has at most 100 items. Page with `{cursor}`."

    refuse(
        {argument: 101}, PageSizeExceeded, words, {"code": "PAGE_SIZE_EXCEEDED", "limit": 100, "actual": 101}
    )


def refuse(args: dict[str, Any], error: type[GraphError], words: str, extensions: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}$") as caught:
        Page.from_arguments(args)
    assert caught.value.extensions == extensions
