"""Issuers: whose tokens a server accepts, and what their claims say about portal and user."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.address import is_loopback

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class Issuer(BaseModel):
    """One issuer that the operator trusts; its tokens are signed with a private key that only it has."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    issuer: Annotated[str, Field(min_length=1)]
    """The claim `iss` of its tokens, to the letter."""
    audience: Annotated[str, Field(min_length=1)]
    """What the claim `aud` must be or hold: the name of this server at the issuer."""
    jwks_url: str
    """Where its public keys are, by `https`; `http` on this machine only."""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    """The algorithms that it signs with; what a token says about its own counts only if it is listed here."""
    portal: str | None = None
    """Key of the portal of all its users; without it each token names its portal."""
    portal_claim: Annotated[str, Field(min_length=1)] = "portal"
    """The claim that names the portal."""
    portal_by: Literal["key", "id"] = "key"
    """Whether that claim holds the portal's key or its id."""
    user_claim: Annotated[str, Field(min_length=1)] = "sub"
    """The claim that names the user."""
    user_by: Literal["external_id", "email", "id"] = "external_id"
    """What of a user that claim holds. An e-mail address must belong to one active user only."""

    @field_validator("jwks_url")
    @classmethod
    def _be_private(cls, url: str) -> str:
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.fragment:
            raise ValueError("write an address such as https://login.example.com/.well-known/jwks.json")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("whoever can change the keys on their way can sign tokens, so it must be https")
        return url

    @model_validator(mode="after")
    def _need_each_claim_once(self) -> Self:
        if self.portal is None and self.portal_claim == self.user_claim:
            raise ValueError("portal_claim and user_claim are the same claim; name one for each")
        return self

    @property
    def required_claims(self) -> list[str]:
        """What each token must hold."""
        named = [] if self.portal is not None else [self.portal_claim]
        return ["iss", "aud", "exp", *named, self.user_claim]
