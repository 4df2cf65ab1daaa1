"""Paging: pages put together are the list, forward and backward, NULL sort keys included."""

from typing import Any

import pytest

from tabard.testing import Gateway

SERVICES = """query ($first: Int, $after: String, $last: Int, $before: String) {
  workspace { services { list: owned(first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { id renewalOn } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }
}"""
DEALS = """query ($first: Int, $after: String, $last: Int, $before: String) {
  list: deals(first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { id } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
LISTS = pytest.mark.parametrize("document", [SERVICES, DEALS], ids=["nullable sort key", "descending"])


def the_list(data: Any) -> Any:
    return data["list"] if "list" in data else data["workspace"]["services"]["list"]


async def page(gateway: Gateway, document: str, **variables: Any) -> Any:
    return the_list(await gateway.query(document, variables))


async def whole(gateway: Gateway, document: str) -> list[str]:
    shown = await page(gateway, document, first=100)
    if not shown["pageInfo"]["hasNextPage"]:
        return [node["id"] for node in shown["nodes"]]
    rest = await page(gateway, document, first=100, after=shown["pageInfo"]["endCursor"])
    return [node["id"] for node in [*shown["nodes"], *rest["nodes"]]]


@LISTS
@pytest.mark.parametrize("size", [1, 3, 7])
async def test_pages_forward_are_the_whole_list(gateway: Gateway, document: str, size: int) -> None:
    expected = (await whole(gateway, document))[:15]
    seen: list[str] = []
    cursor = None
    while len(seen) < len(expected):
        shown = await page(gateway, document, first=size, after=cursor)
        assert shown["pageInfo"]["hasPreviousPage"] is (cursor is not None)
        seen += [node["id"] for node in shown["nodes"]]
        cursor = shown["pageInfo"]["endCursor"]
        if not shown["pageInfo"]["hasNextPage"]:
            break
    assert seen[: len(expected)] == expected


@LISTS
async def test_pages_backward_are_the_whole_list(gateway: Gateway, document: str) -> None:
    expected = await whole(gateway, document)
    seen: list[str] = []
    cursor = None
    while len(seen) < len(expected):
        shown = await page(gateway, document, last=50, before=cursor)
        assert shown["pageInfo"]["hasNextPage"] is (cursor is not None)
        seen = [node["id"] for node in shown["nodes"]] + seen
        cursor = shown["pageInfo"]["startCursor"]
        if not shown["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == expected


@LISTS
async def test_every_edges_cursor_continues_right_behind_it(gateway: Gateway, document: str) -> None:
    shown = await page(gateway, document, first=6)
    ids = [edge["node"]["id"] for edge in shown["edges"]]
    for place, edge in enumerate(shown["edges"][:-1]):
        rest = await page(gateway, document, first=1, after=edge["cursor"])
        assert rest["nodes"][0]["id"] == ids[place + 1]


async def test_services_without_a_renewal_date_come_last_on_both_databases(gateway: Gateway) -> None:
    shown = await page(gateway, SERVICES, first=100)
    dates = [edge["node"]["renewalOn"] for edge in shown["edges"]]
    assert None in dates
    assert dates == [*sorted(date for date in dates if date), *(None for date in dates if not date)]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 101}, "PAGE_SIZE_EXCEEDED"),
        ({"last": 1000}, "PAGE_SIZE_EXCEEDED"),
        ({"first": -1}, "BAD_USER_INPUT"),
        ({"first": 1, "last": 1}, "BAD_USER_INPUT"),
        ({"first": 1, "before": "x"}, "BAD_USER_INPUT"),
        ({"last": 1, "after": "x"}, "BAD_USER_INPUT"),
        ({"after": "x", "before": "y"}, "BAD_USER_INPUT"),
        ({"after": ""}, "INVALID_CURSOR"),
        ({"after": "not a cursor"}, "INVALID_CURSOR"),
    ],
)
async def test_arguments_that_make_no_page_are_refused_with_a_code(
    gateway: Gateway, variables: dict[str, Any], code: str
) -> None:
    answer = await gateway.execute(DEALS, variables)
    assert answer.codes == [code]
    assert answer.data == {"list": None}


async def test_a_cursor_of_one_list_does_not_fit_another(gateway: Gateway) -> None:
    deals = await page(gateway, DEALS, first=1)
    answer = await gateway.execute(SERVICES, {"first": 1, "after": deals["pageInfo"]["endCursor"]})
    assert answer.codes == ["INVALID_CURSOR"]


async def test_a_page_of_none_still_says_whether_there_is_more(gateway: Gateway) -> None:
    shown = await page(gateway, DEALS, first=0)
    assert (shown["nodes"], shown["pageInfo"]["hasNextPage"]) == ([], True)
    assert shown["totalCount"] > 0


async def test_counting_costs_a_statement_only_when_selected(gateway: Gateway) -> None:
    without = await gateway.execute("{ deals(first: 5) { nodes { id } } }")
    counted = await gateway.execute("{ deals(first: 5) { totalCount nodes { id } } }")
    only = await gateway.execute("{ deals { totalCount } }")
    assert (without.statements, counted.statements, only.statements) == (2, 3, 2)


NESTED = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  companies(first: 30) { nodes { id ...Lists } } node(id: $id) { ...Lists }
}
fragment Lists on Company {
  contacts(first: $first, after: $after, last: $last, before: $before) { ...Contacts }
  associatedContacts(first: $first, last: $last) { ...Contacts }
  subsidiaries(first: $first, last: $last) { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } }
}
fragment Contacts on ContactConnection {
  totalCount
  edges { cursor node { id name } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
}"""


@pytest.mark.parametrize("end", ["first", "last"])
async def test_a_page_of_one_of_many_parents_is_the_page_of_that_parent_alone(
    gateway: Gateway, end: str
) -> None:
    many = await gateway.query("{ companies(first: 30) { nodes { id contacts { totalCount } } } }")
    fullest = max(many["companies"]["nodes"], key=lambda node: node["contacts"]["totalCount"])["id"]
    cursor: dict[str, Any] = {}
    for _ in range(2):
        shown = await gateway.query(NESTED, {"id": fullest, end: 2, **cursor})
        among = next(node for node in shown["companies"]["nodes"] if node["id"] == fullest)
        assert len(among["contacts"]["edges"]) == 2
        assert {**shown["node"], "id": fullest} == among
        info = among["contacts"]["pageInfo"]
        cursor = {"after": info["endCursor"]} if end == "first" else {"before": info["startCursor"]}
