"""Price: what an operation may cost at most, as a formula of its variables.

`nodes` counts the items of lists, `cost` the named objects and lists of an answer: each is one more thing to read
and to build. Both are known before anything is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from gateway.codes import Code
from gateway.limits import Limits
from gateway.refusal import LimitExceeded

CEILING = 1_000_000_000
# In a text a quotation mark follows a backslash; looked back for at the end, since a search is quick by how it begins.
NAMED = re.compile(rb'":[\[{](?<!\\":.)')
GREATEST = (1 << 31) - 1
BOUNDS = (
    (Code.PAGE_SIZE_EXCEEDED, "page", "A page has too many items"),
    (Code.NODE_LIMIT_EXCEEDED, "nodes", "The answer's lists may have too many items"),
    (Code.COST_LIMIT_EXCEEDED, "cost", "The request may cost too much"),
)


class Quote(NamedTuple):
    """What a request may cost at most.

    `page` is the largest `first` or `last` that it asks for; `flat` the part of the cost that is sure.
    """

    nodes: int
    cost: int
    page: int
    flat: int

    def spent(self, data: bytes) -> int:
        """What an answer has cost, by the objects and lists that its JSON names; all that it may cost at most."""
        # Looked through no further than to the last that is counted.
        return self.flat + len([*islice(NAMED.finditer(data), self.cost - self.flat)])

    def require(self, limits: Limits) -> None:
        """Raises LimitExceeded when it is more than the operator allows."""
        for code, measure, what in BOUNDS:
            if (actual := getattr(self, measure)) > (limit := getattr(limits, measure)):
                raise LimitExceeded(code, what, limit=limit, actual=actual)


@dataclass(frozen=True, slots=True)
class Given:
    """An argument's value: as it stands in the document, or that of a variable, with the value it has when missing."""

    value: Any
    variable: str | None = None

    def of(self, variables: Mapping[str, Any]) -> Any:
        """The value in one request."""
        return self.value if self.variable is None else variables.get(self.variable, self.value)


@dataclass(frozen=True, slots=True)
class Size:
    """How many items a list has at most: a page's size, the length of the list of ids, or a guess."""

    pages: tuple[Given, ...] = ()
    lists: tuple[Given, ...] = ()
    otherwise: int = 1

    @classmethod
    def largest(cls, sizes: "Sequence[Size]") -> "Size":
        """The largest of several, as far as the document tells."""
        if len(set(sizes)) == 1:
            return sizes[0]
        pages = tuple(given for size in sizes for given in size.pages)
        lists = tuple(given for size in sizes for given in size.lists)
        return cls(pages, lists, max(size.otherwise for size in sizes))

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same for all variables."""
        return all(given.variable is None for given in (*self.pages, *self.lists))

    def of(self, variables: Mapping[str, Any]) -> int:
        """The size in one request; what is no number is left to the coercion of variables."""
        sizes = [size for given in self.pages if (size := number(given.of(variables))) is not None]
        sizes += [size for given in self.lists if (size := length(given.of(variables))) is not None]
        return max(sizes, default=self.otherwise)


ONE = Size()


class Amount(NamedTuple):
    """What one object costs with all below it; `each` is for every item of the page that it is."""

    nodes: int = 0
    cost: int = 0
    nodes_each: int = 0
    cost_each: int = 0

    def paged(self, size: int) -> "Amount":
        """The cost of a page of so many items."""
        return Amount(self.nodes + size * self.nodes_each, self.cost + size * self.cost_each)


class Link(NamedTuple):
    """A field that leads to objects: how many, of which page, and what one of them costs.

    `inner` is an amount, or the number of the step that works it out.
    """

    inner: "Amount | int"
    size: Size = ONE
    page: Size = ONE
    is_list: bool = False
    is_item: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether it costs the same for all variables."""
        return isinstance(self.inner, Amount) and self.size.is_fixed and self.page.is_fixed

    def add(self, total: Amount, amounts: list[Amount], variables: Mapping[str, Any]) -> Amount:
        """The amount with that of this field; the items of a page are counted for each of them."""
        inner = amounts[self.inner] if isinstance(self.inner, int) else self.inner
        one = inner.paged(self.page.of(variables))
        nodes, cost, nodes_each, cost_each = total
        if self.is_item:
            return Amount(nodes, cost + 1, nodes_each + 1 + one.nodes, cost_each + one.cost)
        size = self.size.of(variables)
        items = size if self.is_list else 0
        return Amount(nodes + items + size * one.nodes, cost + 1 + size * one.cost, nodes_each, cost_each)


class Step(NamedTuple):
    """One place of the answer: what is sure, and what depends on variables."""

    sure: Amount
    links: tuple[Link, ...]

    def amount(self, amounts: list[Amount], variables: Mapping[str, Any]) -> Amount:
        """The amount of one object here, from those of the steps before."""
        total = self.sure
        for link in self.links:
            total = link.add(total, amounts, variables)
        return total


@dataclass(frozen=True, slots=True)
class Price:
    """An operation's price; without steps it is the same for all variables.

    `pages` are the page sizes that variables give.
    """

    fixed: Quote
    steps: tuple[Step, ...] = ()
    pages: tuple[Given, ...] = ()

    def quote(self, variables: Mapping[str, Any]) -> Quote:
        """The price of one request."""
        if not self.steps:
            return self.fixed
        amounts: list[Amount] = []
        for step in self.steps:
            amounts.append(step.amount(amounts, variables))
        total = amounts[-1]
        asked = [size for given in self.pages if (size := number(given.of(variables))) is not None]
        return Quote(
            min(total.nodes, CEILING),
            min(self.fixed.cost + total.cost, CEILING),
            max((self.fixed.page, *asked)),
            self.fixed.flat,
        )


def number(value: Any) -> int | None:
    """A page's size, as GraphQL's `Int` takes it; None for what it refuses."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -GREATEST <= value <= GREATEST:
        return None
    return max(int(value), 0) if value == int(value) else None


def length(value: Any) -> int | None:
    """How many items a list has, or one value in place of a list; None without any."""
    if value is None:
        return None
    return len(value) if isinstance(value, (list, range)) else 1
