"""Lists that an author's function chooses: for any number of parents, and with cursors of their own order."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import Company, Contact, Plugin, table_of
from tabard.entities import entity_of
from tabard.reads.pages import MOST_KEPT, Shape
from tabard.testing import Gateway
from tests.support.databases import bundled
from tests.support.gateways import opened
from tests.tabard.samples import plugin

company, contact = table_of(Company), table_of(Contact)
BIG = sa.case((company.c.employee_count > 500, company.c.employee_count), else_=0)
ORDERS: dict[str, list[sa.ColumnElement[Any]]] = {
    "name": [company.c.name_folded],
    "name, downwards": [company.c.name_folded.desc()],
    "staff": [company.c.employee_count],
    "staff of the big": [BIG],
    "renewal": [company.c.renewal_on],
    "country and name": [company.c.country, company.c.name_folded],
    "none": [],
}
FIRMS = """query ($after: String) { contacts(first: 1) { nodes {
  firms(first: 2, after: $after) { nodes { name } pageInfo { endCursor } }
} } }"""
# Six times a hundred parents: more than SQLite unites in one statement.
CROWD = """{ companies(first: 6) { nodes { people(first: 100) { nodes {
  id itself(first: 1) { nodes { id } totalCount }
} } } } }"""


class Sorting:
    """What firms are sorted by at the moment, as settings may decide."""

    order = "name"


@pytest.fixture
def sorting() -> Sorting:
    """The order of the firms."""
    return Sorting()


@pytest.fixture
async def gateway(demo_url: str, sorting: Sorting) -> AsyncIterator[Gateway]:
    """A gateway with a plugin that chooses lists."""
    async with opened(demo_url, [*bundled(), choosing(sorting)]) as made:
        yield made


def choosing(sorting: Sorting) -> Plugin:
    """A plugin that chooses lists below lists."""
    made = plugin()

    @made.connection(Company, to=Contact, description="Everybody.")
    def people(parent: Company) -> sa.Select[tuple[int]]:
        return sa.select(contact.c.id).order_by(contact.c.name_folded)

    @made.connection(Contact, to=Contact, description="The contact.")
    def itself(parent: Contact) -> sa.Select[tuple[int]]:
        return sa.select(contact.c.id).where(contact.c.id == parent.id)

    @made.connection(Contact, to=Contact, description="The contact, by a query that has a name.")
    def named(parent: Contact) -> sa.Select[tuple[int]]:
        own = sa.select(contact.c.id).where(contact.c.id == parent.id).cte("own")
        return sa.select(own.c.id)

    @made.connection(Contact, to=Company, description="All companies.")
    def firms(parent: Contact) -> sa.Select[tuple[int]]:
        return sa.select(company.c.id).order_by(*ORDERS[sorting.order])

    @made.connection(Contact, to=Company, description="All companies, in an order of the contact's own.")
    def ranked(parent: Contact) -> sa.Select[tuple[int]]:
        return sa.select(company.c.id).order_by(*list(ORDERS.values())[parent.id % 3])

    return made


async def test_each_of_very_many_parents_has_its_own_list(gateway: Gateway) -> None:
    data = await gateway.query(CROWD)

    people = [person for parent in data["companies"]["nodes"] for person in parent["people"]["nodes"]]
    assert len(people) == 600
    assert [person["itself"] for person in people] == [
        {"nodes": [{"id": person["id"]}], "totalCount": 1} for person in people
    ]


async def test_lists_of_a_page_of_parents_are_one_statement(gateway: Gateway) -> None:
    document = "query ($size: Int) { contacts(first: $size) { nodes { itself { nodes { id } } } } }"
    one, many = [await gateway.execute(document, {"size": size}) for size in (1, 100)]

    assert one.statements == many.statements == 3


async def test_each_parent_may_have_an_order_of_its_own_and_cursors_for_it(gateway: Gateway) -> None:
    many = (
        """{ contacts(first: 9) { nodes { id ranked(first: 2) { nodes { id } pageInfo { endCursor } } } } }"""
    )
    one = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Contact {
      ranked(first: $first, after: $after) { nodes { id } }
    } } }"""
    people = (await gateway.query(many))["contacts"]["nodes"]

    assert len({person["ranked"]["nodes"][0]["id"] for person in people}) > 1, "there is one order only"
    for person in people:
        whole = await gateway.query(one, {"id": person["id"], "first": 4})
        after = {"first": 2, "after": person["ranked"]["pageInfo"]["endCursor"]}
        rest = await gateway.query(one, {"id": person["id"], **after})
        found = person["ranked"]["nodes"] + rest["node"]["ranked"]["nodes"]
        assert found == whole["node"]["ranked"]["nodes"]


async def test_parents_lists_may_be_chosen_by_a_query_of_the_same_name(gateway: Gateway) -> None:
    data = await gateway.query("{ contacts(first: 3) { nodes { id named { nodes { id } } } } }")

    for person in data["contacts"]["nodes"]:
        assert person["named"]["nodes"] == [{"id": person["id"]}]


async def test_a_cursor_fits_the_list_in_its_own_order_only(gateway: Gateway, sorting: Sorting) -> None:
    cursors = {}
    for sorting.order in ORDERS:
        first = await gateway.query(FIRMS)
        cursors[sorting.order] = first["contacts"]["nodes"][0]["firms"]["pageInfo"]["endCursor"]

    for order, cursor in cursors.items():
        for sorting.order in ORDERS:
            answer = await gateway.execute(FIRMS, {"after": cursor})
            assert answer.codes == ([] if sorting.order == order else ["INVALID_CURSOR"])


def test_few_of_the_forms_that_a_select_takes_are_kept() -> None:
    shape = Shape(entity_of(Contact), ["id"], frozenset({"nodes"}), has_edge_cursors=False, ends=())
    made = [shape.once(number, partial(list, [number])) for number in range(10 * MOST_KEPT) for _ in range(2)]

    assert made[::2] == made[1::2]
    assert len(shape.kept) <= MOST_KEPT
