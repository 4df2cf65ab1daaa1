"""Trusting: reads the documents of a folder, and refuses those that the server would refuse."""

from __future__ import annotations

from pathlib import Path

from gateway.documents.documents import Documents
from gateway.documents.manifest import TrustedOperation
from gateway.refusal import Refusal
from tabard.errors import CommandRefused


def trusted_operations(folder: Path, documents: Documents) -> list[TrustedOperation]:
    """The operation of each file; raises CommandRefused with all that is wrong."""
    paths = sorted(folder.glob("**/*.graphql"))
    if not paths:
        raise CommandRefused(f"there is no .graphql file in {folder}; name the folder with the documents")
    found: dict[str, TrustedOperation] = {}
    problems: list[str] = []
    for path in paths:
        try:
            operation = trusted_operation(path, documents)
        except CommandRefused as refusal:
            problems.append(str(refusal))
            continue
        if operation.name in found:
            problems.append(f"{path}: another file has an operation {operation.name!r} too; rename one")
        found[operation.name] = operation
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise CommandRefused(f"no manifest was written; {len(problems)} thing(s) to mend:{lines}")
    return list(found.values())


def trusted_operation(path: Path, documents: Documents) -> TrustedOperation:
    """The one operation of a file."""
    try:
        text = path.read_text(encoding="utf-8")
        checked = documents.get(text)
    except UnicodeDecodeError as error:
        raise CommandRefused(f"{path}: it is not UTF-8") from error
    except Refusal as error:
        raise CommandRefused(f"{path}: {error.message}") from error
    if checked.errors:
        raise CommandRefused(f"{path}: {checked.errors[0].message}")
    operations = list(checked.operations.values())
    if len(operations) != 1 or operations[0].name is None:
        raise CommandRefused(f"{path}: it must hold one operation, with a name; it holds {len(operations)}")
    return TrustedOperation(operations[0].name, operations[0].kind.value, text)
