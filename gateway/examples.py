"""Examples: the documents of `schema/operations/`, as the query page offers them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode, OperationType, parse, validate

HERE = Path(__file__).parent
# A wheel carries the documents beside this module; a clone has them where frontends look.
FOLDERS = (HERE / "operations", HERE.parent / "schema" / "operations")
NOTE = re.compile(r"^# (persona|variables|statements): (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A document to start from: what it is for, whom it suits, and with which variables."""

    name: str
    title: str
    kind: str
    persona: str
    query: str
    variables: dict[str, Any]
    statements: int

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Queries before changes, and what asks for little before what asks for much."""
        return self.kind != OperationType.QUERY.value, self.statements, self.name

    def shown(self) -> dict[str, Any]:
        """What a page is told."""
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "persona": self.persona,
            "query": self.query,
            "variables": self.variables,
        }


def read(path: Path) -> Example:
    """The example in a file; its comments say whom it suits."""
    text = path.read_text(encoding="utf-8")
    notes = dict(NOTE.findall(text))
    (operation,) = (node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
    return Example(
        name=operation.name.value if operation.name else path.stem,
        title=text.partition("\n")[0].removeprefix("# "),
        kind=operation.operation.value,
        persona=notes.get("persona", ""),
        query=NOTE.sub("", text),
        variables=json.loads(notes.get("variables", "{}")),
        statements=int(notes.get("statements", "0")),
    )


def examples(schema: GraphQLSchema, folders: Iterable[Path] = FOLDERS) -> list[Example]:
    """The examples that the served graph can answer: without a plugin its documents are of no use."""
    folder = next((folder for folder in folders if folder.is_dir()), HERE)
    found = (read(path) for path in folder.glob("*.graphql"))
    return sorted(
        (example for example in found if not validate(schema, parse(example.query))),
        key=lambda example: example.rank,
    )
