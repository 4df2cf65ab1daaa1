"""What a form cannot use is refused where it is written, in a sentence that says what to write instead."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

from tabard import RECORD_CHANGED, Company, Contact, Event, Read, Reader, Record, Work
from tabard.columns import Identifier
from tabard.errors import StartError
from tests.tabard.samples import plugin, refused


async def by_position(reader: Reader, ids: list[int], least: int = 0) -> dict[int, int]: ...  # type: ignore[empty-body]
async def turned_round(ids: list[int], reader: Reader) -> dict[int, int]: ...  # type: ignore[empty-body]
async def alone(reader: Reader) -> dict[int, int]: ...  # type: ignore[empty-body]
async def unsaid(reader: Reader, ids: list[int]): ...  # type: ignore[no-untyped-def] # noqa: ANN201
async def misspelt(reader: Reader, ids: "list[Nothing]") -> dict[int, int]: ...  # type: ignore[name-defined,empty-body] # noqa: F821
def reading(reader: Reader, root: Company) -> sa.Select[tuple[int]]: ...  # type: ignore[empty-body]
async def asked(reader: Reader, number: int) -> int | None: ...
async def unread(reader: Reader) -> list[int]: ...  # type: ignore[empty-body]


ROWS = (
    "does not take what it is given; write `(reader: Reader, keys: list[int], *, …)`, "
    "with the field's arguments behind the `*`"
)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (by_position, f"by_position {ROWS}"),
        (turned_round, f"turned_round {ROWS}"),
        (alone, f"alone {ROWS}"),
        (unsaid, "unsaid must say what it returns, as `-> dict[int, V]`; it says nothing"),
        (
            misspelt,
            "misspelt: its annotations cannot be resolved (name 'Nothing' is not defined); import what they name",
        ),
    ],
)
def test_function_that_cannot_be_a_field(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(StartError) as refusal:
        plugin().field(Company, key="id", description="A value.")(function)
    assert str(refusal.value) == words


def test_function_that_cannot_be_a_list_a_query_or_rows() -> None:
    alpha, found = plugin(), []
    for form, function in (
        (alpha.connection(Company, to=Contact, description="A list."), reading),
        (alpha.query(description="A value."), asked),
        (alpha.rows(Company, to=Contact, key="id", description="Rows."), unread),
    ):
        with pytest.raises(StartError) as refusal:
            form(function)
        found.append(str(refusal.value).split("`")[1])
    assert found == [
        "(parent: T, *, …)",
        "(reader: Reader, *, …)",
        "(reader: Reader, read: Read, *, …)",
    ]


def test_functions_that_take_what_they_are_given_pass() -> None:
    alpha = plugin()

    @alpha.rows(Company, to=Contact, key="id", description="Rows.")
    async def alpha_rows(reader: Reader, read: Read) -> Any: ...

    @alpha.field(Company, key="id", description="Untold parameters are taken as they stand.")
    async def alpha_value(reader, ids, *, least: int = 0) -> dict[int, int]: ...  # type: ignore[no-untyped-def,empty-body] # noqa: ANN001

    assert [field.name for field in alpha.fields] == ["alpha_rows", "alpha_value"]


@pytest.mark.promise("P4")
@pytest.mark.parametrize("policy", ["workspace", True, type])
def test_policy_that_is_none(policy: Any) -> None:
    for make in (
        lambda: plugin(policy=policy),
        lambda: plugin().every("alphas", to=Company, description="All.", policy=policy),
        lambda: plugin().narrow(Company, policy),
    ):
        with pytest.raises(StartError, match=r"names the policy .*, which is none; write policy=Permission"):
            make()


async def given_nothing() -> None: ...
def adds_nothing() -> None: ...
async def waits(seeder: Any) -> None: ...


@pytest.mark.parametrize("function", [given_nothing, adds_nothing, waits])
def test_function_that_cannot_fill_a_demo(function: Any) -> None:
    with pytest.raises(StartError) as refusal:
        plugin().demo(function)
    name = function.__name__
    assert str(refusal.value) == (
        f"{name} cannot add rows to a demo; write `def {name}(seeder: Seeder)`, without async"
    )


def test_table_that_is_declared_twice_or_refers_past_the_portal() -> None:
    alpha = plugin()
    alpha.table("due", sa.Column("day", sa.Date))
    with pytest.raises(StartError) as refusal:
        alpha.table("due", sa.Column("day", sa.Date))
    assert str(refusal.value) == "the table alpha_due of plugin 'alpha' is declared twice; rename one of them"
    with pytest.raises(StartError) as refusal:
        alpha.table("past", sa.Column("company_id", Identifier, sa.ForeignKey("company.id")))
    assert str(refusal.value) == (
        "the column company_id of the table alpha_past has a foreign key that leaves out the portal; write "
        "`sa.Column('company_id', Identifier)` and parents={'company_id': Company}"
    )


@pytest.mark.parametrize("options", [{"of": "Company"}, {"parents": {"company_id": "Company"}}])
def test_table_of_what_is_no_class(options: Any) -> None:
    with pytest.raises(TypeError, match=r"^'Company', which is no class, is not stored in a table"):
        plugin().table("due", sa.Column("company_id", Identifier), **options)


class AlphaBareRecord(Record):
    """A record type that is no GraphQL type."""


def test_record_type_without_its_decorator() -> None:
    alpha = plugin()
    with pytest.raises(StartError) as refusal:
        alpha.record(AlphaBareRecord, table=alpha.record_table("alpha_bare_record"))
    assert str(refusal.value) == (
        "AlphaBareRecord of plugin 'alpha' is no GraphQL type; decorate the class with @strawberry.type"
    )


@strawberry.type(description="A record.")
class Alpha(Record):
    colour: str = strawberry.field(description="Its colour.")


def test_attribute_of_a_record_type_that_nothing_gives_a_value() -> None:
    alpha = plugin()
    alpha.record(Alpha, table=alpha.record_table("alpha"))
    assert refused(alpha) == [
        (
            "the record type Alpha of plugin 'alpha' has no column for its attribute 'colour'; "
            "add one to record_table, or make it a field of a function"
        )
    ]


@strawberry.type(description="What clients get.")
class AlphaAnswer:
    number: int = strawberry.field(description="A number.")


def test_mutations_and_subscriptions_that_could_not_run() -> None:
    alpha = plugin()

    @alpha.mutation(description="Waits for nothing.")
    def alpha_set(work: Work) -> None: ...

    @alpha.mutation(description="Takes an answer.")
    async def alpha_take(work: Work, answer: AlphaAnswer) -> None: ...

    @alpha.subscription(on=RECORD_CHANGED, description="Gives one.")
    async def alpha_changed(reader: Reader, events: list[Event]) -> Event:
        return events[0]

    event = alpha.event("moved", of="Company")  # type: ignore[arg-type]
    assert event.name == "moved"
    assert refused(alpha) == [
        (
            "Mutation.alphaSet of plugin 'alpha': it is not async; "
            "write `async def`, for whatever Work does has to be awaited"
        ),
        (
            "Mutation.alphaTake of plugin 'alpha': the parameter 'answer' is of the type AlphaAnswer, "
            "which clients only get; decorate what they send with @strawberry.input"
        ),
        (
            "Subscription.alphaChanged of plugin 'alpha': it does not give what is asked of it; "
            "return those events, as `-> list[Event]`"
        ),
        "the event 'moved' of plugin 'alpha' is of 'Company', which is no stored type with an id",
    ]
