"""Verified tokens: a signature is not checked again while nothing that it depends on has changed."""

from collections.abc import AsyncIterator
from typing import Any
from unittest import mock

import jwt
import pytest

from gateway.identity.identity import Identity
from gateway.identity.issued_tokens import IssuedTokens
from gateway.identity.issuers import Issuer as TrustedIssuer
from gateway.identity.jwks import Jwks
from gateway.identity.verified import MOST, Verified, VerifiedTokens
from tabard.errors import Unauthenticated
from tests.support.clocks import Clock
from tests.support.issuer import AUDIENCE, NAME, Issuer, serving_keys

pytestmark = pytest.mark.promise("P10")

HOUR = 3_600.0


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A real server of real keys."""
    async with serving_keys() as made:
        yield made


def trusting(issuer: Issuer, clock: Clock) -> IssuedTokens:
    trusted = TrustedIssuer(issuer=NAME, audience=AUDIENCE, jwks_url=issuer.url)
    return IssuedTokens(trusted, Jwks(issuer.url, clock=clock))


async def test_the_signature_of_a_token_is_checked_once(issuer: Issuer) -> None:
    verifier, token = trusting(issuer, Clock()), issuer.token()
    with mock.patch.object(jwt, "decode", wraps=jwt.decode) as decode:
        found = [await verifier.verify(token) for _ in range(3)]
        assert (len(set(found)), decode.call_count) == (1, 1)
        altered = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
        with pytest.raises(Unauthenticated):
            await verifier.verify(altered)
        assert decode.call_count == 2


async def test_a_token_whose_key_is_withdrawn_is_refused_though_it_was_good_before(issuer: Issuer) -> None:
    clock = Clock()
    verifier, token = trusting(issuer, clock), issuer.token()
    await verifier.verify(token)
    issuer.add("second", "RS256")
    del issuer.keys["first"]
    clock.now += HOUR
    await verifier.keys.refresh()
    with pytest.raises(Unauthenticated) as error:
        await verifier.verify(token)
    assert error.value.extensions["reason"] == "TOKEN_INVALID"


def verified(until: float, **more: Any) -> Verified:
    return Verified(Identity(1, 2), until, **more)


def test_a_token_is_known_until_it_expires() -> None:
    clock = Clock()
    tokens = VerifiedTokens(clock)
    tokens.keep("a", verified(HOUR))
    assert tokens.find("a") == verified(HOUR)
    assert tokens.find("b") is None
    clock.now = HOUR
    assert (tokens.find("a"), len(tokens)) == (None, 0)


def test_the_tokens_used_longest_ago_are_forgotten_first() -> None:
    tokens = VerifiedTokens(Clock())
    for number in range(MOST):
        tokens.keep(str(number), verified(HOUR))
    assert tokens.find("0") is not None
    tokens.keep("one more", verified(HOUR))
    assert (tokens.find("0") is not None, tokens.find("1"), len(tokens)) == (True, None, MOST)
