"""Issued tokens: those of the issuers that an operator trusts, checked by their public keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import jwt

from gateway.identity.identity import LONGEST_TOKEN, Identity, Verifier, expired, id_of, invalid
from gateway.identity.issuers import Issuer
from gateway.identity.jwks import Jwks
from gateway.identity.verified import Remembered, Verified, VerifiedTokens
from tabard.records.viewers import KnownBy

LEEWAY: Final = timedelta(seconds=60)
LONGEST_NAME: Final = 255
BROKEN: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class IssuedTokens:
    """Checks the tokens of one issuer."""

    def __init__(self, issuer: Issuer, keys: Jwks) -> None:
        self.issuer = issuer
        self.keys = keys
        self._verified = VerifiedTokens()

    async def verify(self, token: str) -> Identity:
        """Whom the token names."""
        known = self._verified.find(token)
        # Once the issuer's keys are fetched anew, a token has to fit the new ones.
        if known is not None and await self.keys.find(known.key_id) is known.key:
            return known.identity
        header = read_header(token)
        key = await self.keys.find(header.get("kid"))
        if key is None:
            raise invalid()
        claims = self._claims(token, key, header)
        identity = Identity(self._portal(claims), self._user(claims))
        until = float(claims["exp"]) + LEEWAY.total_seconds()
        self._verified.keep(token, Verified(identity, until, header.get("kid"), key))
        return identity

    def _claims(self, token: str, key: jwt.PyJWK, header: Mapping[str, Any]) -> dict[str, Any]:
        algorithm = header.get("alg")
        allowed = [name for name in self.issuer.algorithms if name == algorithm and fits(key, name)]
        if not allowed:
            raise invalid()
        try:
            return jwt.decode(
                token,
                key.key,
                algorithms=allowed,
                issuer=self.issuer.issuer,
                audience=self.issuer.audience,
                leeway=LEEWAY,
                options={"require": self.issuer.required_claims},
            )
        except jwt.ExpiredSignatureError as error:
            raise expired("The token has expired; sign in again.") from error
        except BROKEN as error:
            raise invalid() from error

    def _portal(self, claims: Mapping[str, Any]) -> int | str:
        if self.issuer.portal is not None:
            return self.issuer.portal
        claim = claims[self.issuer.portal_claim]
        return id_of(claim) if self.issuer.portal_by == "id" else text_of(claim)

    def _user(self, claims: Mapping[str, Any]) -> int | KnownBy:
        claim, by = claims[self.issuer.user_claim], self.issuer.user_by
        if by == "id":
            return id_of(claim)
        if by == "email" and claims.get("email_verified", True) is not True:
            raise invalid()
        return KnownBy(by, text_of(claim))


class TrustedIssuers:
    """The verifiers of all issuers; a token goes to the one that it claims to be of."""

    def __init__(self, verifiers: Mapping[str, Verifier]) -> None:
        self._verifiers = verifiers
        self._addressed: Remembered[Verifier] = Remembered()

    async def verify(self, token: str) -> Identity:
        """Whom the token names."""
        verifier = self._addressed.find(token)
        if verifier is None:
            verifier = self._verifiers.get(claimed_issuer(token))
            if verifier is None:
                raise invalid()
            self._addressed.keep(token, verifier)
        return await verifier.verify(token)

    async def prepare(self) -> None:
        """Fetches the keys of all issuers, so that the first token need not wait; the log says what failed."""
        keys = [item.keys for item in self._verifiers.values() if isinstance(item, IssuedTokens)]
        await asyncio.gather(*(item.refresh() for item in keys))


def issued(issuers: Iterable[Issuer]) -> dict[str, IssuedTokens]:
    """A verifier for each issuer, by the claim `iss`."""
    return {issuer.issuer: IssuedTokens(issuer, Jwks(issuer.jwks_url)) for issuer in issuers}


def read_header(token: str) -> dict[str, Any]:
    """A token's header, believed in nothing but which key and algorithm to try."""
    if len(token) > LONGEST_TOKEN:
        raise invalid()
    try:
        header = jwt.get_unverified_header(token)
    except BROKEN as error:
        raise invalid() from error
    # Extensions that must be understood are not; keys and addresses that a token brings along are not heard,
    # and whoever sends them tries to find out.
    if header.keys() & {"crit", "jwk", "jku", "x5c", "x5u"}:
        raise invalid()
    return header


def claimed_issuer(token: str) -> str:
    """The claim `iss`, before anything is checked; the token's text alone decides it."""
    if len(token) > LONGEST_TOKEN:
        raise invalid()
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except BROKEN as error:
        raise invalid() from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise invalid()
    return issuer


def fits(key: jwt.PyJWK, algorithm: str) -> bool:
    """Whether a key is for an algorithm: of its kind, and not bound to another one by the issuer."""
    families = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}
    bound = key._jwk_data.get("alg")
    return algorithm.startswith(families[str(key.key_type)]) and bound in {None, algorithm}


def text_of(claim: object) -> str:
    """A claim that is a name: text, not empty, and not longer than what is stored."""
    if not isinstance(claim, str) or not 0 < len(claim) <= LONGEST_NAME or "\0" in claim:
        raise invalid()
    return claim
