"""Identity: only tokens of our own issuer pass, and each stands for one user of one portal."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa

from gateway.engine import Caller
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity, NoTokens
from tabard.assembly import assemble
from tabard.errors import Unauthenticated
from tabard.portals import MadePortal, NewPortal, create_portal
from tabard.records import tables
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory
from tabard.storage.scope import Scope
from tabard.viewer import ANONYMOUS

SECRET = b"0123456789abcdef0123456789abcdef"
TOKENS = DemoTokens(SECRET)
ADA = Identity(portal=7, user=42)
HEADER = {"alg": "HS256", "typ": "JWT"}


def claims(**changed: Any) -> dict[str, Any]:
    """Good claims with some changed; None leaves one out."""
    now = int(datetime.now(UTC).timestamp())
    good = {"iss": "tabard-demo", "aud": "tabard", "sub": "42", "portal": "7", "iat": now, "exp": now + 7200}
    return {name: value for name, value in (good | changed).items() if value is not None}


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(
    payload: Any, *, header: Any = None, secret: bytes = SECRET, digest: Callable[..., Any] = hashlib.sha256
) -> str:
    """A token signed by hand, so that it may be as wrong as no library makes it."""
    parts = [
        part(item if isinstance(item, bytes) else json.dumps(item).encode())
        for item in (header or HEADER, payload)
    ]
    signed = ".".join(parts)
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), digest))}"


async def test_a_token_of_ours_stands_for_its_user() -> None:
    assert await TOKENS.verify(TOKENS.issue(ADA)) == ADA
    assert await TOKENS.verify(token(claims())) == ADA


def test_a_token_holds_the_claims_that_are_promised() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    held = jwt.decode(TOKENS.issue(ADA, now), options={"verify_signature": False})
    assert held == {
        "iss": "tabard-demo",
        "aud": "tabard",
        "sub": "42",
        "portal": "7",
        "iat": 1_795_338_000,
        "exp": 1_795_338_000 + 7 * 86_400,
    }


GOOD = token(claims())
DEEP = b'{"alg": "HS256", "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}"
FORGED = {
    "nothing": "",
    "no token": "abc",
    "two parts": ".".join(GOOD.split(".")[:2]),
    "four parts": f"{GOOD}.abc",
    "no signature": ".".join([*GOOD.split(".")[:2], ""]),
    "another secret": token(claims(), secret=b"x" * 32),
    "an empty secret": token(claims(), secret=b""),
    "a truncated signature": GOOD[:-4],
    "another payload under our signature": ".".join(
        [GOOD.split(".")[0], part(json.dumps(claims(sub="1")).encode()), GOOD.split(".")[2]]
    ),
    "no algorithm": f"{part(json.dumps({'alg': 'none'}).encode())}.{part(json.dumps(claims()).encode())}.",
    "the algorithm none, signed": token(claims(), header=HEADER | {"alg": "none"}),
    "the algorithm nOnE": token(claims(), header=HEADER | {"alg": "nOnE"}),
    "HS512": token(claims(), header=HEADER | {"alg": "HS512"}, digest=hashlib.sha512),
    "HS384": token(claims(), header=HEADER | {"alg": "HS384"}, digest=hashlib.sha384),
    "RS256 signed with our secret": token(claims(), header=HEADER | {"alg": "RS256"}),
    "an algorithm that is no text": token(claims(), header=HEADER | {"alg": 1}),
    "no algorithm at all": token(claims(), header={"typ": "JWT"}),
    "a header that is a list": token(claims(), header=["HS256"]),
    "a header that is no JSON": token(claims(), header=b"{"),
    "a header too deep to read": token(claims(), header=DEEP),
    "an unknown critical extension": token(claims(), header=HEADER | {"crit": ["exp"]}),
    "a key of its own": token(
        claims(), header=HEADER | {"jwk": {"kty": "oct", "k": part(b"x" * 32)}}, secret=b"x" * 32
    ),
    "the address of a key": token(
        claims(), header=HEADER | {"jku": "http://127.0.0.1/keys"}, secret=b"x" * 32
    ),
    "a key by path": token(claims(), header=HEADER | {"kid": "../../secret.key"}, secret=b"x" * 32),
    "claims that are a list": token([claims()]),
    "claims that are no JSON": token(b"\xff"),
    "claims too deep to read": token(b"[" * 3_000 + b"]" * 3_000),
    "a foreign issuer": token(claims(iss="somebody")),
    "issuers in a list": token(claims(iss=["tabard-demo"])),
    "a foreign audience": token(claims(aud="crm")),
    "audiences in a list": token(claims(aud=["tabard"])),
    "a token for later": token(claims(nbf=2_000_000_000)),
    "a token of the future": token(claims(iat=2_000_000_000)),
    "an expiry that is no number": token(claims(exp="soon")),
    "an endless expiry": token(claims(exp=float("inf"))),
    "a subject that is a number": token(claims(sub=42)),
    "a subject of zero": token(claims(sub="0")),
    "a negative subject": token(claims(sub="-42")),
    "a subject with a zero in front": token(claims(sub="042")),
    "a subject beyond 63 bits": token(claims(sub=str(1 << 63))),
    "a subject in other digits": token(claims(sub="٤٢")),
    "a subject with a line's end": token(claims(sub="42\n")),
    "a portal that is a number": token(claims(portal=7)),
    "a portal that is a list": token(claims(portal=["7"])),
    "no text of ASCII": GOOD.replace("e", "é", 1),
    "a token that is too long": token(claims(more="x" * 9_000)),
    **{f"no {name}": token(claims(**{name: None})) for name in claims()},
}


@pytest.mark.promise("P10")
@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a_token_that_is_not_ours_is_refused(forged: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await TOKENS.verify(forged)
    assert refused.value.extensions == {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}


async def test_a_token_expires_with_a_minute_of_leeway() -> None:
    now = datetime.now(UTC)
    just_expired = TOKENS.issue(ADA, now - DemoTokens.LIFETIME - timedelta(seconds=30))
    assert await TOKENS.verify(just_expired) == ADA
    with pytest.raises(Unauthenticated) as refused:
        await TOKENS.verify(TOKENS.issue(ADA, now - DemoTokens.LIFETIME - timedelta(seconds=90)))
    assert refused.value.extensions["reason"] == "TOKEN_EXPIRED"


async def test_a_server_without_an_issuer_accepts_no_token() -> None:
    with pytest.raises(Unauthenticated) as refused:
        await NoTokens().verify(GOOD)
    assert refused.value.extensions["reason"] == "NO_ISSUER"


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind, without a portal."""
    database = Database(migrated_url, assemble([]).registry.tables)
    yield database
    await database.close()
    assert database.checked_out == 0


async def make(database: Database, key: str) -> MadePortal:
    return await create_portal(database, NewPortal(key, "PROFESSIONAL", admin=key.title()), IdFactory(1))


async def caller(database: Database, authorization: str | None) -> tuple[Caller, int]:
    """The caller of a request, and how many statements it took to know them."""
    async with DatabaseAuthenticator(TOKENS, database).authenticate(authorization) as found:
        return found, found.reads.count if found.reads else 0


async def test_nobody_is_anonymous_and_costs_no_statement(database: Database) -> None:
    assert await caller(database, None) == (Caller(ANONYMOUS), 0)


async def test_the_user_of_a_token_is_read_with_one_statement(database: Database) -> None:
    portal = await make(database, "acme")
    authorization = f"Bearer {TOKENS.issue(Identity(portal.id, portal.admin_id))}"
    found, statements = await caller(database, authorization)
    assert (found.viewer.portal_id, found.viewer.user_id, found.viewer.name) == (
        portal.id,
        portal.admin_id,
        "Acme",
    )
    assert found.viewer.is_super_admin
    assert statements == 1


@pytest.mark.promise("P3")
async def test_what_a_user_may_is_read_for_each_request(database: Database) -> None:
    portal = await make(database, "acme")
    authorization = f"Bearer {TOKENS.issue(Identity(portal.id, portal.admin_id))}"
    before = [(await caller(database, authorization))[0].viewer for _ in range(2)]
    seat = sa.update(tables.user).values(has_seat=~tables.user.c.has_seat, time_zone="Asia/Tokyo")
    async with database.writing(Scope(portal.id)) as session:
        await session.execute(seat)
    after, statements = await caller(database, authorization)
    assert (after.viewer.has_seat, after.viewer.time_zone) == (not before[0].has_seat, "Asia/Tokyo")
    assert statements == 1
    assert before[0].now < before[1].now < after.viewer.now
    assert before[1] == before[0].at(before[1].now)


async def test_the_session_that_read_the_user_goes_on_serving(database: Database) -> None:
    portal = await make(database, "acme")
    authorization = f"Bearer {TOKENS.issue(Identity(portal.id, portal.admin_id))}"
    async with DatabaseAuthenticator(TOKENS, database).authenticate(authorization) as found:
        assert found.reads is not None
        assert database.checked_out == 1
        rows = await found.reads.fetch(sa.select(tables.portal.c.key))
        assert [tuple(row) for row in rows] == [("acme",)]
        assert database.checked_out == 1


@pytest.mark.promise("P1")
async def test_a_user_of_one_portal_is_nobody_in_another(database: Database) -> None:
    ours, theirs = await make(database, "ours"), await make(database, "theirs")
    with pytest.raises(Unauthenticated) as refused:
        await caller(database, f"Bearer {TOKENS.issue(Identity(ours.id, theirs.admin_id))}")
    assert refused.value.extensions["reason"] == "USER_INACTIVE"


async def test_an_inactive_user_is_refused(database: Database) -> None:
    portal = await make(database, "acme")
    async with database.writing(Scope(portal.id)) as session:
        await session.execute(sa.update(tables.user).values(is_active=False))
    with pytest.raises(Unauthenticated) as refused:
        await caller(database, f"bearer {TOKENS.issue(Identity(portal.id, portal.admin_id))}")
    assert refused.value.extensions["reason"] == "USER_INACTIVE"
