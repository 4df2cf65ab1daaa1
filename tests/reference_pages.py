"""Pages of reference that are made of the code: error codes, and the settings of an operator."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLSchema, build_schema
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.codes import Code
from gateway.configuration import PREFIX, Configuration
from gateway.exits import Exit
from gateway.limits import Limits
from tabard.policies import REASONS

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m tests.reference_pages --write"
ERRORS = """\
# Errors

A request can fail in two ways, and a client reads them in two places.

- `errors`, beside `data`: what a client cannot mend in its input, such as a missing permission, a limit or a failing plugin. Each has a code.
- `userErrors`, in the payload of a mutation: expected failures, such as a name that is taken. They are data, and nothing was written when there is one.

## An entry of `errors`

```json
{
  "message": "This needs an assigned Service seat; ask a super admin to assign one.",
  "locations": [{"line": 1, "column": 15}],
  "path": ["workspace", "customers"],
  "extensions": {"code": "FORBIDDEN", "requestId": "3f6c0de2a1b94c57d0e8f1a2", "reason": "SEAT_REQUIRED"}
}
```

- `code` is one of the list below. It never changes its meaning.
- `requestId` is also in the header `X-Request-Id`, and in the server's log. Send your own in `X-Request-Id` if you like: 8 to 64 letters, digits, `.`, `_` and `-`.
- `reason`, `plugin`, `limit`, `actual` and `retryAfter` (seconds) stand there where they help.
- With a `path`, the field there is null and the rest of the answer stands. Without `data`, nothing was executed.
- An answer has at most ten errors for one field, and in all as many as the operator allows; `extensions.omittedErrors` of the answer counts the others.

## Codes

The status is that of an answer without `data`; every other answer has status 200. The second number is for clients that accept only `application/json`: they get 200 for whatever concerns the document and its variables. Clients that accept `application/graphql-response+json` get the first.

"""
CONFIGURATION = f"""\
# Configuration

`tabard serve` reads its settings from environment variables. An empty variable counts as not set. A setting that cannot be used stops the start with one sentence that names it.

`tabard demo` chooses some of them itself: it listens on loopback, accepts demo tokens and uses the embedded database.

## Settings

| variable | default | meaning |
| --- | --- | --- |
{{settings}}

A command's `--data DIR` wins over both `{PREFIX}DATA` and `{PREFIX}DATABASE_URL`.

## Limits of a request

What exceeds one of them is refused with [a code](../errors.md).

| variable | default | at most |
| --- | --- | --- |
{{limits}}

## Exit codes

| code | meaning |
| --- | --- |
{{exits}}
"""


def errors() -> str:
    """The page of all codes, reasons and kinds of user errors."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    return "\n".join(
        [
            *(ERRORS + "| code | status | meaning | what to do |\n| --- | --- | --- | --- |").splitlines(),
            *(f"| `{code}` | {_status(code)} | {code.meaning} | {code.remedy} |" for code in Code),
            "",
            "## Reasons of `FORBIDDEN` and `UNAUTHENTICATED`",
            "",
            "| reason | what it says |",
            "| --- | --- |",
            *(f"| `{reason}` | {words} |" for reason, words in REASONS.items()),
            "",
            "## An entry of `userErrors`",
            "",
            "Every entry has `message`, `code`, `reason` and `path`. `code` is one of:",
            "",
            *_user_error_codes(schema),
            "",
            "`reason` is an open key for the exact rule, and `path` leads to the argument, such as "
            '`["input", "name"]`. Some failures are types of their own with more fields:',
            "",
            *_user_error_types(schema),
            "",
        ]
    )


def _status(code: Code) -> str:
    return str(code.status) if code.status == code.json_status else f"{code.status} / {code.json_status}"


def _user_error_codes(schema: GraphQLSchema) -> Iterator[str]:
    codes = schema.type_map["UserErrorCode"]
    assert isinstance(codes, GraphQLEnumType)
    yield from ("| code | meaning |", "| --- | --- |")
    yield from (f"| `{name}` | {value.description} |" for name, value in codes.values.items())


def _user_error_types(schema: GraphQLSchema) -> Iterator[str]:
    interface = schema.type_map["UserError"]
    assert isinstance(interface, GraphQLInterfaceType)
    yield from ("| type | fields | meaning |", "| --- | --- | --- |")
    for type_ in sorted(schema.get_possible_types(interface), key=lambda item: item.name):
        own = ", ".join(f"`{name}`" for name in type_.fields if name not in interface.fields)
        yield f"| `{type_.name}` | {own or 'none'} | {type_.description} |"


def configuration() -> str:
    """The page of all settings and exit codes."""
    settings = {name: field for name, field in Configuration.model_fields.items() if not _is_group(field)}
    return CONFIGURATION.format(
        settings="\n".join(_rows(PREFIX, settings)),
        limits="\n".join(_rows(f"{PREFIX}LIMITS__", Limits.model_fields)),
        exits="\n".join(f"| {int(code)} | {code.meaning} |" for code in Exit),
    )


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


def _rows(prefix: str, fields: Mapping[str, FieldInfo]) -> Iterable[str]:
    for name, field in fields.items():
        meaning = " ".join((field.description or "").split())
        yield f"| `{prefix}{name.upper()}` | {_default(field.default)} | {meaning} |"


def _default(value: Any) -> str:
    assert not isinstance(value, SecretStr), "a secret has no default"
    if value is None or value == frozenset():
        return "none"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


PAGES = {
    ROOT / "docs" / "errors.md": errors,
    ROOT / "docs" / "operators" / "configuration.md": configuration,
}


def main(arguments: list[str]) -> int:
    """Writes the pages; returns the exit code."""
    if arguments != ["--write"]:
        sys.stderr.write(f"usage: {COMMAND}\n")
        return 2
    for path, page in PAGES.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
