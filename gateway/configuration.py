"""Configuration: what an operator decides, read from `TABARD_...` environment variables."""

import ipaddress
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from gateway.address import is_loopback
from gateway.connections import DatabaseSettings
from gateway.documents.trust import TrustSettings
from gateway.identity.issuers import Issuer
from gateway.limits import Limits
from gateway.live.bounds import Bounds
from gateway.load import LoadSettings
from gateway.misconfiguration import PREFIX, misspelt, problems, variable
from gateway.rate import RateSettings
from tabard.errors import ConfigurationInvalid

SHORTEST_SECRET = 32
ORIGIN = re.compile(
    r"[a-z][a-z0-9+.-]*://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z][a-z0-9+.-]*://\[[0-9a-f:]+\](:[0-9]{1,5})?"
)


class EngineKind(StrEnum):
    """What runs queries."""

    COMPILED = "compiled"
    STOCK = "stock"


class Configuration(BaseSettings):
    """All settings of a server; a limit is `TABARD_LIMITS__DEPTH`, one of streams `TABARD_STREAMS__USER` and so on.

    Without a database URL the database is a file in the folder `data`, beside the secret key.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    data: Path = Path("data")
    """Folder of the embedded database and of the secret key."""
    database_url: SecretStr | None = None
    """Database server, as `postgresql://user:password@host/name`; without it the embedded SQLite database is
    used.
    """
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Port to listen on; 0 takes a free one."""
    secret_key: SecretStr | None = None
    """Secret that signs cursors and demo tokens; at least 32 characters, the same for all processes on one
    database. Without a database URL it is made and kept in the data folder.
    """
    development: bool = False
    """Whether to accept demo tokens; on loopback only."""
    query_page: bool | None = None
    """Whether `/graphiql` is served, a page to try queries in; when not set, in development only."""
    assets: Path = Path("data/assets")
    """Folder that `tabard assets build` fills with GraphiQL; without it the query page is a smaller one."""
    issuers: tuple[Issuer, ...] = ()
    """Whose tokens are accepted: a JSON list of objects, each an issuer."""
    row_level_security: bool = False
    """Whether each connection tells PostgreSQL its portal, so that the database's own row-level security
    holds too.
    """
    blocked_plugins: Annotated[frozenset[str], NoDecode] = frozenset()
    """Names of installed plugins that are not even imported, with commas between."""
    introspection: bool = True
    """Whether `__schema` and `__type` are answered; the schema can be read at `/schema.graphql` in any case."""
    allowed_origins: Annotated[frozenset[str], NoDecode] = frozenset()
    """Origins whose pages may ask and open WebSockets, as `https://app.example.com`, with commas between; pages of
    the server's own origin always may.
    """
    proxies: Annotated[frozenset[str], NoDecode] = frozenset({"127.0.0.1", "::1"})
    """Addresses or networks of the proxies in front, with commas between: what they write into `X-Forwarded-For` is
    taken for the client's address, and nobody else's is.
    """
    engine: EngineKind = EngineKind.COMPILED
    """What runs queries: `compiled` plans, or `stock` graphql-core, slower and the same in every answer."""
    log_messages: bool = False
    """Whether the log shows the messages of unexpected exceptions, which can hold what a client sent; in
    development always.
    """
    tracing: bool = False
    """Whether spans are sent by OpenTelemetry, as its own `OTEL_…` variables say; needs `tabard[tracing]`."""
    deadline_seconds: PositiveFloat = 10.0
    """Seconds that a request may take."""
    limits: Limits = Limits()
    """How much one request may ask for."""
    database: DatabaseSettings = DatabaseSettings()
    """How the database is used."""
    load: LoadSettings = LoadSettings()
    """How much is done at once."""
    streams: Bounds = Bounds()
    """How many streams are kept open, and how long they wait."""
    rate: RateSettings = RateSettings()
    """How much a caller may ask for in a stretch of time."""
    documents: TrustSettings = TrustSettings()
    """Which documents clients may ask for."""

    @field_validator("blocked_plugins", "allowed_origins", "proxies", mode="before")
    @classmethod
    def _split(cls, names: object) -> object:
        return (
            [name.strip() for name in names.split(",") if name.strip()] if isinstance(names, str) else names
        )

    @field_validator("allowed_origins")
    @classmethod
    def _be_origins(cls, origins: frozenset[str]) -> frozenset[str]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    "an origin is a scheme and a host, as `https://app.example.com`, and never `*`"
                )
        return origins

    @field_validator("proxies")
    @classmethod
    def _be_addresses(cls, proxies: frozenset[str]) -> frozenset[str]:
        for proxy in proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ValueError(
                    "a proxy is an address or a network, as `10.0.0.7` or `10.0.0.0/8`"
                ) from None
        return proxies

    @field_validator("secret_key")
    @classmethod
    def _be_long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"a secret key needs at least {SHORTEST_SECRET} characters")
        return secret

    @model_validator(mode="after")
    def _afford_one_request(self) -> Self:
        if 0 < self.rate.points < self.limits.cost:
            raise ValueError(
                f"{PREFIX}RATE__POINTS is less than {PREFIX}LIMITS__COST: the dearest request could never be answered"
            )
        return self

    @model_validator(mode="after")
    def _know_issuers(self) -> Self:
        names = [issuer.issuer for issuer in self.issuers]
        if len(set(names)) < len(names):
            raise ValueError(f"{PREFIX}ISSUERS names one issuer twice; give each one entry")
        if self.row_level_security and any(
            issuer.portal_by == "key" or issuer.portal for issuer in self.issuers
        ):
            raise ValueError(
                f"with row-level security the server sees one portal at a time and finds none by its key: "
                f'have the issuer put the portal\'s id into a claim, and set "portal_by": "id" in {PREFIX}ISSUERS'
            )
        return self

    @model_validator(mode="after")
    def _be_private_in_development(self) -> Self:
        if self.development and not is_loopback(self.host):
            raise ValueError(
                f"development mode accepts demo tokens, so it is served on loopback only: "
                f"unset {PREFIX}DEVELOPMENT or set {PREFIX}HOST to 127.0.0.1"
            )
        return self

    @property
    def has_query_page(self) -> bool:
        """Whether people may try queries in a page of this server."""
        return self.development if self.query_page is None else self.query_page


def configured(**chosen: Any) -> Configuration:
    """The settings of the environment, with those that a command has chosen; raises ConfigurationInvalid."""
    if wrong := list(misspelt(os.environ, Configuration)):
        raise ConfigurationInvalid("; ".join(wrong))
    try:
        return Configuration(**chosen)
    except ValidationError as error:
        raise ConfigurationInvalid("; ".join(problems(error, Configuration))) from error
    except SettingsError as error:
        # Its cause quotes the setting's value, and its words name the setting and pydantic's own source.
        name = str(error).partition('"')[2].partition('"')[0]
        raise ConfigurationInvalid(f"{variable([name])} is not JSON; write it as JSON") from None
