"""Issued tokens: only those of a configured issuer pass, by keys from its configured address alone."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.identity import Identity
from gateway.identity.issued_tokens import IssuedTokens, TrustedIssuers
from gateway.identity.issuers import Issuer as TrustedIssuer
from gateway.identity.jwks import Jwks
from tabard.assembly import assemble
from tabard.errors import Unauthenticated
from tabard.portals import MadePortal, NewPortal, create_portal
from tabard.records import tables
from tabard.records.viewers import KnownBy
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory
from tabard.storage.scope import Scope
from tests.support.issuer import AUDIENCE, NAME, Issuer, private_key, serving_keys

pytestmark = pytest.mark.promise("P10")

ADA = Identity("acme", KnownBy("external_id", "u-1"))


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A real server of real keys."""
    async with serving_keys() as made:
        yield made


def trusting(issuer: Issuer, **settings: Any) -> TrustedIssuers:
    """A server's verifier that trusts the issuer."""
    trusted = TrustedIssuer(issuer=NAME, audience=AUDIENCE, jwks_url=issuer.url, **settings)
    return TrustedIssuers({NAME: IssuedTokens(trusted, Jwks(issuer.url))})


async def test_a_token_of_the_issuer_stands_for_its_user(issuer: Issuer) -> None:
    verifier = trusting(issuer)
    assert await verifier.verify(issuer.token()) == ADA
    assert await verifier.verify(issuer.token(aud=["crm", AUDIENCE], nbf=int(time.time()) + 30)) == ADA
    assert await verifier.verify(issuer.token(exp=int(time.time()) - 30)) == ADA
    assert issuer.asked == 1


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_each_kind_of_key_signs_for_its_own_algorithm(issuer: Issuer, algorithm: str) -> None:
    issuer.add("other", algorithm)
    allowing = trusting(issuer, algorithms=(algorithm,))
    assert await allowing.verify(issuer.token("other")) == ADA
    refusing = trusting(issuer, algorithms=("RS384",))
    await refused(refusing, issuer.token("other"))


async def refused(verifier: TrustedIssuers, token: str, reason: str = "TOKEN_INVALID") -> None:
    with pytest.raises(Unauthenticated) as error:
        await verifier.verify(token)
    assert error.value.extensions == {"code": "UNAUTHENTICATED", "reason": reason}


def part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forger:
    """Makes tokens as wrong as no library makes them, with the true key, a public one or one of their own."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.own = private_key("the forger's own")

    def signed(self, key: Any = None, payload: Any = None, **header: Any) -> str:
        """Signed by RS256 whatever the header says; with the issuer's own key unless another is given."""
        text = self._unsigned(payload, header)
        key = key or self.issuer.keys["first"][1]
        return f"{text}.{part(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def keyed(self, secret: bytes, **header: Any) -> str:
        """Signed by HS256 with what everybody knows."""
        text = self._unsigned(None, {"alg": "HS256"} | header)
        signature = hmac.HMAC(secret, hashes.SHA256())
        signature.update(text.encode())
        return f"{text}.{part(signature.finalize())}"

    def bare(self, **header: Any) -> str:
        """Not signed at all."""
        return f"{self._unsigned(None, header)}."

    def pem(self) -> bytes:
        """The issuer's public key as a file."""
        return bytes(
            self.issuer.keys["first"][1]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def jwk(self) -> dict[str, Any]:
        """The forger's own public key, as a token could bring it along."""
        made: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.own.public_key(), as_dict=True)
        return made | {"kid": "first", "use": "sig"}

    def claims(self, **changed: Any) -> str:
        """The issuer's signature under other claims than it would make."""
        return self.signed(payload=self.issuer.claims(**changed))

    def _unsigned(self, payload: Any, header: dict[str, Any]) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": "first"} | header
        header = {name: value for name, value in header.items() if value is not None}
        return f"{part(header)}.{part(self.issuer.claims() if payload is None else payload)}"


FORGED: dict[str, Callable[[Forger], str]] = {
    "no algorithm": lambda forger: forger.bare(alg="none"),
    "no algorithm in mixed case": lambda forger: forger.bare(alg="nOnE"),
    "an algorithm left out": lambda forger: forger.signed(alg=None),
    "an algorithm that is no text": lambda forger: forger.signed(alg=["RS256"]),
    "an algorithm that the issuer does not use": lambda forger: forger.signed(alg="RS512"),
    "an algorithm of another kind of key": lambda forger: forger.signed(alg="ES256"),
    "HS256 with the public key as a file": lambda forger: forger.keyed(forger.pem()),
    "HS256 with the public key as it is published": lambda forger: forger.keyed(
        json.dumps(forger.issuer.public("first")).encode()
    ),
    "HS256 with an empty secret": lambda forger: forger.keyed(b""),
    "HS256 with the key's id": lambda forger: forger.keyed(b"first"),
    "another key under the same id": lambda forger: forger.signed(forger.own),
    "a key of its own": lambda forger: forger.signed(forger.own, jwk=forger.jwk()),
    "a key of its own beside the true signature": lambda forger: forger.signed(jwk=forger.jwk()),
    "the address of a key set": lambda forger: forger.signed(forger.own, jku="http://127.0.0.1:1/jwks.json"),
    "the address of a certificate": lambda forger: forger.signed(forger.own, x5u="http://127.0.0.1:1/x"),
    "a certificate of its own": lambda forger: forger.signed(forger.own, x5c=["MIIB"]),
    "an extension that must be understood": lambda forger: forger.signed(crit=["exp"]),
    "an extension that must be understood and is there": lambda forger: forger.signed(crit=["b64"], b64=True),
    "a key by path": lambda forger: forger.signed(forger.own, kid="../../../../dev/null"),
    "a key by address": lambda forger: forger.signed(forger.own, kid="http://127.0.0.1:1/jwks.json"),
    "a key by statement": lambda forger: forger.signed(forger.own, kid="first' OR '1'='1"),
    "a key's id that is a number": lambda forger: forger.signed(kid=1),
    "a key's id that is a list": lambda forger: forger.signed(kid=["first"]),
    "no key's id while there are two keys": lambda forger: forger.signed(kid=None),
    "an encrypted token's form": lambda forger: ".".join([*forger.signed().split("."), "a", "b"]),
    "a truncated signature": lambda forger: forger.signed()[:-8],
    "no signature": lambda forger: ".".join([*forger.signed().split(".")[:2], ""]),
    "the signature of other claims": lambda forger: ".".join(
        [*forger.claims(sub="u-2").split(".")[:2], forger.signed().split(".")[2]]
    ),
    "a foreign audience": lambda forger: forger.claims(aud="crm"),
    "an audience that only begins alike": lambda forger: forger.claims(aud="tabard-admin"),
    "audiences without ours": lambda forger: forger.claims(aud=["crm", "mail"]),
    "an audience that is an object": lambda forger: forger.claims(aud={"tabard": True}),
    "a foreign issuer": lambda forger: forger.claims(iss="https://evil.test/"),
    "an issuer without its slash": lambda forger: forger.claims(iss=NAME.rstrip("/")),
    "issuers in a list": lambda forger: forger.claims(iss=[NAME]),
    "a token for later": lambda forger: forger.claims(nbf=int(time.time()) + 3_600),
    "a token of the future": lambda forger: forger.claims(iat=int(time.time()) + 3_600),
    "an expiry that is no number": lambda forger: forger.claims(exp="never"),
    "an endless expiry": lambda forger: forger.claims(exp=float("inf")),
    "a user that is a number": lambda forger: forger.claims(sub=1),
    "a user that is a list": lambda forger: forger.claims(sub=["u-1"]),
    "an empty user": lambda forger: forger.claims(sub=""),
    "a user with a zero byte": lambda forger: forger.claims(sub="u-1\0"),
    "a portal that is a number": lambda forger: forger.claims(portal=7),
    "a portal that is an object": lambda forger: forger.claims(portal={"key": "acme"}),
    "a portal far too long": lambda forger: forger.claims(portal="a" * 256),
    "claims that are a list": lambda forger: forger.signed(payload=[forger.issuer.claims()]),
    "claims that are no JSON": lambda forger: forger.signed(payload=b"\xff"),
    "claims too deep to read": lambda forger: forger.signed(payload=b"[" * 3_000 + b"]" * 3_000),
    "a token that is too long": lambda forger: forger.claims(more="x" * 9_000),
    "no token": lambda _: "abc",
    "nothing": lambda _: "",
    **{
        f"no {name}": lambda forger, name=name: forger.claims(**{name: None})  # type: ignore[misc]
        for name in ("iss", "aud", "exp", "sub", "portal")
    },
}


async def test_no_forged_token_passes(issuer: Issuer, record_property: Callable[[str, object], None]) -> None:
    issuer.add("second", "RS256")
    verifier, forger = trusting(issuer), Forger(issuer)
    assert await verifier.verify(forger.signed()) == ADA, "the forger can sign"
    for make in FORGED.values():
        await refused(verifier, make(forger))
    assert len(FORGED) >= 40
    assert issuer.asked == 1, "no forged token makes the server ask again so soon"
    record_property("forged", len(FORGED))


async def test_an_expired_token_is_told_from_a_forged_one(issuer: Issuer) -> None:
    await refused(trusting(issuer), issuer.token(exp=int(time.time()) - 90), "TOKEN_EXPIRED")


async def test_a_server_trusts_each_issuer_for_its_own_tokens_only(issuer: Issuer) -> None:
    async with serving_keys() as other:
        other.keys["first"] = ("RS256", private_key("the other issuer's"))
        verifiers = {
            name: IssuedTokens(TrustedIssuer(issuer=name, audience=AUDIENCE, jwks_url=of.url), Jwks(of.url))
            for name, of in ((NAME, issuer), ("https://other.test/", other))
        }
        verifier = TrustedIssuers(verifiers)
        assert await verifier.verify(other.token(iss="https://other.test/")) == ADA
        await refused(verifier, other.token(iss=NAME))
        await refused(verifier, issuer.token(iss="https://other.test/"))


async def test_claims_are_read_as_configured(issuer: Issuer) -> None:
    by_email = trusting(issuer, portal="acme", user_claim="email", user_by="email")
    named = issuer.token(email="ada@acme.test", portal=None)
    assert await by_email.verify(named) == Identity("acme", KnownBy("email", "ada@acme.test"))
    await refused(by_email, issuer.token(email="ada@acme.test", email_verified=False))
    by_ids = trusting(issuer, portal_claim="org", portal_by="id", user_claim="uid", user_by="id")
    assert await by_ids.verify(issuer.token(org="7", uid="42")) == Identity(7, 42)
    for org, uid in (("acme", "42"), ("7", "u-1"), ("7", "-42"), ("07", "42"), ("7", str(1 << 63))):
        await refused(by_ids, issuer.token(org=org, uid=uid))


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind, without a portal."""
    database = Database(migrated_url, assemble([]).registry.tables)
    yield database
    await database.close()
    assert database.checked_out == 0


async def make(database: Database, key: str, **admin: Any) -> MadePortal:
    made = await create_portal(database, NewPortal(key, "PROFESSIONAL", admin=key.title()), IdFactory(1))
    async with database.writing(Scope(made.id)) as session:
        await session.execute(sa.update(tables.user).values(**admin))
    return made


async def who(database: Database, verifier: TrustedIssuers, token: str) -> tuple[int | None, int]:
    """Who the caller of a request is, and how many statements it took."""
    async with DatabaseAuthenticator(verifier, database).authenticate(f"Bearer {token}") as found:
        assert found.reads is not None
        mine = await found.reads.fetch(sa.select(tables.portal.c.id))
        assert [row[0] for row in mine] == [found.viewer.portal_id]
        return found.viewer.user_id, found.reads.count - 1


async def test_a_user_is_found_by_what_the_issuer_knows_with_one_statement(
    database: Database, issuer: Issuer
) -> None:
    acme = await make(database, "acme", external_id="u-1", email="ada@acme.test")
    other = await make(database, "other", external_id="u-1", email="ada@acme.test")
    verifier = trusting(issuer)
    assert await who(database, verifier, issuer.token()) == (acme.admin_id, 1)
    assert await who(database, verifier, issuer.token(portal="other")) == (other.admin_id, 1)
    by_email = trusting(issuer, user_claim="email", user_by="email")
    assert await who(database, by_email, issuer.token(email="ada@acme.test")) == (acme.admin_id, 1)
    for token in (
        issuer.token(sub="u-2"),
        issuer.token(portal="nobody"),
        issuer.token(sub=str(acme.admin_id)),
        issuer.token(sub="' OR 1=1 --"),
    ):
        with pytest.raises(Unauthenticated) as error:
            await who(database, verifier, token)
        assert error.value.extensions["reason"] == "USER_INACTIVE"


async def test_an_address_of_two_users_names_nobody(database: Database, issuer: Issuer) -> None:
    made = await make(database, "acme", email="ada@acme.test")
    twin = {"id": IdFactory(2)(), "name": "Twin", "name_folded": "twin", "email": "ada@acme.test"}
    facts = {"is_super_admin": False, "has_seat": False, "is_active": True, "created_at": datetime.now(UTC)}
    async with database.writing(Scope(made.id)) as session:
        await session.execute(sa.insert(tables.user).values(twin | facts))
    by_email = trusting(issuer, user_claim="email", user_by="email")
    with pytest.raises(Unauthenticated):
        await who(database, by_email, issuer.token(email="ada@acme.test"))
