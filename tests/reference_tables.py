"""Tables in the documentation that are made of the code: codes, reasons, settings, limits, exits."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLSchema, build_schema
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.app import Gateway
from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.connections import DatabaseSettings
from gateway.documents.trust import TrustSettings
from gateway.exits import Exit
from gateway.identity.issuers import Issuer
from gateway.limits import Limits
from gateway.live.bounds import Bounds
from gateway.load import LoadSettings
from gateway.misconfiguration import PREFIX
from gateway.rate import RateSettings
from tabard.policies import REASONS
from tests.gateway.sample import SampleAuthenticator, SampleEngine

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "docs" / "errors.md",
    ROOT / "docs" / "operators" / "configuration.md",
    ROOT / "docs" / "operators" / "identity.md",
    ROOT / "docs" / "operators" / "running.md",
]
COMMAND = "python -m tests.reference_tables --write"
MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)
TOKEN_REASONS = {
    "TOKEN_INVALID": "The token is not one of the server's, or was changed.",
    "TOKEN_EXPIRED": "The token has expired; get a new one.",
    "USER_INACTIVE": "The user of the token is gone or inactive; ask a super admin of the portal.",
    "NO_ISSUER": "The server's operator has configured no issuer of tokens, so it accepts none.",
}
Row = tuple[str, ...]


def filled(text: str) -> str:
    """A page with its tables as the code has them now."""
    return MADE.sub(lambda found: f"{found[1]}{_table(*TABLES[found[2]]())}{found[3]}", text)


def _table(*rows: Row) -> str:
    lines = [rows[0], ("---",) * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def codes() -> Iterator[Row]:
    """Every code, with the status for each kind of client."""
    yield "code", "status", "meaning", "what to do"
    for code in Code:
        statuses = dict.fromkeys((code.status, code.json_status))
        yield f"`{code}`", " / ".join(map(str, statuses)), code.meaning, code.remedy


def reasons() -> Iterator[Row]:
    """Every reason why somebody may not."""
    yield "reason", "what it says"
    yield from ((f"`{reason}`", words) for reason, words in (REASONS | TOKEN_REASONS).items())


def user_codes() -> Iterator[Row]:
    """Every code of a user error."""
    enum = _schema().type_map["UserErrorCode"]
    assert isinstance(enum, GraphQLEnumType)
    yield "code", "meaning"
    yield from ((f"`{name}`", str(value.description)) for name, value in enum.values.items())


def user_types() -> Iterator[Row]:
    """Every type of user errors, with what it adds."""
    schema = _schema()
    interface = schema.type_map["UserError"]
    assert isinstance(interface, GraphQLInterfaceType)
    yield "type", "fields", "meaning"
    for type_ in sorted(schema.get_possible_types(interface), key=lambda item: item.name):
        own = ", ".join(f"`{name}`" for name in type_.fields if name not in interface.fields)
        yield f"`{type_.name}`", own or "none", str(type_.description)


def settings() -> Iterator[Row]:
    """Every setting of an operator but the limits."""
    fields = Configuration.model_fields
    yield "variable", "default", "meaning"
    yield from _settings(PREFIX, {name: item for name, item in fields.items() if not _is_group(item)})


def limits() -> Iterator[Row]:
    """Every limit of a request."""
    yield "variable", "default", "at most"
    yield from _settings(f"{PREFIX}LIMITS__", Limits.model_fields)


def streams() -> Iterator[Row]:
    """Every bound of streams."""
    yield "variable", "default", "at most"
    yield from _settings(f"{PREFIX}STREAMS__", Bounds.model_fields)


def rate() -> Iterator[Row]:
    """Every setting of the rate."""
    yield "variable", "default", "meaning"
    yield from _settings(f"{PREFIX}RATE__", RateSettings.model_fields)


def trust() -> Iterator[Row]:
    """Every setting of trusted documents."""
    yield "variable", "default", "meaning"
    yield from _settings(f"{PREFIX}DOCUMENTS__", TrustSettings.model_fields)


def database() -> Iterator[Row]:
    """Every setting of how the database is used."""
    yield "variable", "default", "meaning"
    yield from _settings(f"{PREFIX}DATABASE__", DatabaseSettings.model_fields)


def load() -> Iterator[Row]:
    """Every setting of how much is done at once."""
    yield "variable", "default", "meaning"
    yield from _settings(f"{PREFIX}LOAD__", LoadSettings.model_fields)


def metrics() -> Iterator[Row]:
    """Every metric of our own."""
    yield "metric", "labels", "meaning"
    empty = Gateway(Configuration(), SampleEngine(), SampleAuthenticator()).metrics
    for family in empty.collect():
        labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ()))
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield f"`{name}`", labels or "none", family.documentation


def issuer() -> Iterator[Row]:
    """Every member of an issuer's object."""
    yield "member", "default", "meaning"
    for name, field in Issuer.model_fields.items():
        needed = "needed" if field.is_required() else _default(field.default)
        yield f"`{name}`", needed, " ".join(str(field.description).split())


def exits() -> Iterator[Row]:
    """Every exit code of the command line."""
    yield "code", "meaning"
    yield from ((str(int(code)), code.meaning) for code in Exit)


def _schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


def _settings(prefix: str, fields: Mapping[str, FieldInfo]) -> Iterator[Row]:
    for name, field in fields.items():
        assert field.description, f"{name} has no docstring"
        yield f"`{prefix}{name.upper()}`", _default(field.default), " ".join(field.description.split())


def _default(value: Any) -> str:
    assert not isinstance(value, SecretStr), "a secret has no default"
    if value is None or value in (frozenset(), {}, ()):
        return "none"
    if isinstance(value, tuple | frozenset):
        return ", ".join(f"`{item}`" for item in (sorted(value) if isinstance(value, frozenset) else value))
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


TABLES: dict[str, Callable[[], Iterator[Row]]] = {
    "codes": codes,
    "reasons": reasons,
    "user_codes": user_codes,
    "user_types": user_types,
    "settings": settings,
    "limits": limits,
    "streams": streams,
    "rate": rate,
    "trust": trust,
    "issuer": issuer,
    "load": load,
    "database": database,
    "metrics": metrics,
    "exits": exits,
}


def main(arguments: list[str]) -> int:
    """Writes the tables; returns the exit code."""
    if arguments != ["--write"]:
        sys.stderr.write(f"usage: {COMMAND}\n")
        return 2
    for path in PAGES:
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
