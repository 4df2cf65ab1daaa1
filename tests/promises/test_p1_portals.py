"""P1: nobody ever reads or changes another portal's rows, whoever they are and whatever they ask."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.columns import Identifier, StoredJSON
from tabard.entities import entity_of, is_entity
from tabard.naming import camel
from tabard.nouns.nodes import node_types
from tabard.personas import DEMO_PORTAL, OTHER_PORTAL, PERSONAS
from tabard.records.journal import outbox_event
from tabard.registry import type_name
from tabard.storage.door import TENANT
from tests.promises.support.attack import THEIR_ADMIN, armed, attacked, recorded, values_of, walk_of
from tests.promises.support.canaries import THEIRS, numbered
from tests.promises.support.following import Follower, following, happen, heard_all, stories
from tests.promises.support.walk import Attempt, Walk
from tests.promises.support.worlds import MODES, SECURED, World, as_text, schema, tenant_tables

pytestmark = pytest.mark.promise("P1")

PERSONAS_OF_OURS = (*(persona.key for persona in PERSONAS if persona.portal == DEMO_PORTAL), None)
WRITERS = ("super-admin", "outsider", None)
# Together 10,000 on each kind of database.
QUERIES, MUTATIONS = 7_500, 2_500
SUBSCRIPTIONS = 100


async def test_no_query_of_ours_shows_anything_of_theirs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    walk = walk_of(await armed(world))
    attempts = 0
    for persona in PERSONAS_OF_OURS:
        # One persona tries all cursors at all lists; a cursor is bound to the portal, not to who asks.
        tried = walk.every_attempt() if persona == "super-admin" else without_cursors(walk)
        outcome = await attacked(world, walk.documents(tried), persona, caplog)
        assert outcome.leaks == []
        attempts += outcome.attempts
    sys.stdout.write(f"P1: {attempts} attempts at queries\n")
    assert attempts >= QUERIES


def without_cursors(walk: Walk) -> Iterator[Attempt]:
    """Every attempt but those at a page of a list."""
    return (attempt for attempt in walk.every_attempt() if not {"first", "last"} & attempt.args.keys())


async def test_no_mutation_of_ours_shows_or_changes_anything_of_theirs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    before = await world.checksum(world.theirs)
    values = await armed(world)
    values.their_words = ()
    walk = walk_of(values)
    documents = list(walk.documents(walk.attempts("Mutation"), 10))
    attempts, supplied = 0, set[str]()
    for persona in WRITERS:
        outcome = await attacked(world, documents, persona, caplog, supplied)
        assert outcome.leaks == []
        attempts += outcome.attempts
    sys.stdout.write(f"P1: {attempts} attempts at mutations\n")
    assert await world.checksum(world.theirs) == before
    assert await references_to_theirs(world) == []
    assert attempts >= MUTATIONS


async def references_to_theirs(world: World) -> list[str]:
    """Cells of our rows that hold the id of one of their rows."""
    found = []
    rows = await world.rows(world.ours)
    for table in tenant_tables():
        for place, column in enumerate(table.columns):
            cells = [row[place] for row in rows[table.name]]
            if isinstance(column.type, Identifier):
                found += [f"{column}: {cell}" for cell in cells if cell in world.their_ids]
            elif isinstance(column.type, StoredJSON) and table.name == "tab_setting":
                found += [f"{column}: {leak}" for cell in cells for leak in world.leaks(repr(cell))]
    return found


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != SECURED])
async def test_our_answers_are_the_same_where_they_never_existed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    walk = walk_of(await armed(world))
    # Where events have got to is another place at every moment.
    lasting = (item for item in without_cursors(walk) if item.position != "Query.eventCursor")
    documents = list(walk.documents(lasting))
    beside_them = await attacked(world, documents, "super-admin", caplog)
    async with world.owner.system("remove the other portal") as connection:
        for table in reversed(sa.schema.sort_tables(tenant_tables())):
            column = table.c[table.info[TENANT]]
            await connection.execute(sa.delete(table).where(column == world.theirs))
    alone = await attacked(world, documents, "super-admin", caplog)
    pairs = zip(alone.texts, beside_them.texts, strict=True)
    assert [difference(*pair) for pair in pairs if len(set(pair)) > 1] == []


def difference(one: str, other: str) -> tuple[str, str]:
    """Where two answers begin to differ, and what comes next."""
    place = next((at for at, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its), 0)
    part = slice(max(place - 80, 0), place + 320)
    return one[part], other[part]


async def test_their_own_admin_sees_each_canary_that_the_schema_can_show(world: World) -> None:
    walk = walk_of(values_of(world, world.theirs))
    seen = set()
    for document in walk.documents(base_attempts(walk)):
        answer = await world.ask(document.text, document.variables, THEIR_ADMIN, OTHER_PORTAL)
        seen |= {match["column"] for match in THEIRS.pattern.finditer(as_text(answer))}
    numbers = numbered(tenant_tables())
    missed = [column for column in shown_columns() if column in numbers and str(numbers[column]) not in seen]
    assert missed == []


def base_attempts(walk: Walk) -> list[Attempt]:
    """Each field once, with no argument that can be left out."""
    return [
        Attempt(type_, name, walk.required(item))
        for type_ in walk.routes
        for name, item in walk.fields(type_).items()
    ]


def shown_columns() -> list[sa.Column[str]]:
    """The text columns that a field of a stored type shows."""
    columns = []
    for type_ in node_types(schema().registry).values():
        shown: Any = schema().graphql_schema.type_map[type_name(type_)]
        for name, attribute in entity_of(type_).attributes.items() if is_entity(type_) else ():
            if camel(name) in shown.fields:
                columns += [item for item in attribute.columns if isinstance(item.type, sa.String)]
    return columns


async def test_no_subscriber_of_ours_hears_of_anything_of_theirs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.owner.system("begin without events") as connection:
        await connection.execute(sa.delete(outbox_event))
    values = await armed(world)
    walk = walk_of(values)
    for name in walk.fields("Subscription"):
        values.our_cursors[f"Subscription.{name}"] = [await event_cursor(world, "super-admin", DEMO_PORTAL)]
        values.their_cursors[f"Subscription.{name}"] = [await event_cursor(world, THEIR_ADMIN, OTHER_PORTAL)]
    told, word = list(stories(world, world.theirs)), THEIRS.word(1)
    documents = list(walk.documents(walk.attempts("Subscription"), 1))
    openly = [
        walk.document("Subscription", [Attempt("Subscription", name)]) for name in walk.fields("Subscription")
    ]
    # What has happened before is what a cursor of theirs would bring back.
    await happen(world, world.theirs, word, *told)
    with recorded(caplog) as said:
        async with (
            following(world, openly, THEIR_ADMIN, OTHER_PORTAL) as theirs,
            following(world, documents, "super-admin", DEMO_PORTAL) as ours,
        ):
            await happen(world, world.theirs, word, *told)
            await heard_all(world, world.theirs, theirs)
            await heard_all(world, world.ours, ours)
    assert {follower.document.attempts[0].name for follower in theirs if word in follower.heard} == set(
        walk.fields("Subscription")
    )
    assert [leak for follower in ours for leak in leaked(world, follower)] == []
    assert word not in said()
    assert any("last" in follower.heard for follower in ours)
    sys.stdout.write(f"P1: {len(ours)} attempts at subscriptions\n")
    assert len(ours) >= SUBSCRIPTIONS


async def event_cursor(world: World, persona: str, portal: str) -> str:
    """Where the events of a portal stand."""
    answer = await world.ask("{ eventCursor }", {}, persona, portal)
    assert answer.data is not None
    return str(answer.data["eventCursor"])


def leaked(world: World, follower: Follower) -> list[str]:
    """What of theirs a subscriber of ours has heard, beside the words that they sent themselves."""
    heard = follower.heard
    for word in follower.document.variables.values():
        heard = heard.replace(str(word), "")
    return [f"{follower.document.attempts[0]}: {leak}" for leak in world.leaks(heard)]


async def test_a_key_that_their_mutation_used_replays_nothing_of_it_to_us(world: World) -> None:
    document = (
        "mutation($input: RecordUpdateInput!) { recordUpdate(input: $input)"
        " { record { id } userErrors { code } } }"
    )
    theirs = world.global_ids(world.theirs, "company")[0]
    variables = {
        "input": {"record": theirs, "properties": [{"key": "name", "value": {"text": "Told"}}]},
    }
    told = await world.gateway.execute(
        document, variables, persona=THEIR_ADMIN, portal=OTHER_PORTAL, key="the same key"
    )
    assert told.data == {"recordUpdate": {"record": {"id": theirs}, "userErrors": []}}
    ours = await world.gateway.execute(document, variables, persona="super-admin", key="the same key")
    assert ours.data == {"recordUpdate": {"record": None, "userErrors": [{"code": "NOT_FOUND"}]}}
