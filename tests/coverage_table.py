"""Which test proves which requirement: docs/coverage.md, made of the requirements and the tests' marks."""

import ast
import csv
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
REQUIREMENTS = TESTS.parent / "docs" / "requirements.csv"
COVERAGE = TESTS.parent / "docs" / "coverage.md"
COMMAND = "python tests/coverage_table.py --write"
STRAY = "no test carries this mark; put it on a test or in pytestmark"
PROMISES = {
    "P1": "Nobody reads or changes another portal's data.",
    "P2": "No statement gets round the door to a portal's rows.",
    "P3": "Actors may do what the permission matrix says, and a withdrawn right ends a running stream.",
    "P4": "What has no policy is not served: the start fails and names it.",
    "P5": "An input sets only what it lists.",
    "P6": "Forged ids and cursors reach nothing and get a coded error.",
    "P7": "No value is run as code or SQL, and no pattern takes more than linear time.",
    "P8": "Hostile requests are refused, and cheaply.",
    "P9": "The limiter takes linear time, and what it lets through validates quickly.",
    "P10": "Only tokens of the configured issuer pass.",
    "P11": "Errors are coded and tell nothing about the inside.",
    "P12": "What is not yours looks exactly like what is not there.",
    "P13": "An exported file holds no live formula.",
    "P14": "Outgoing calls reach no inner address.",
    "P15": "No secret is logged.",
    "P16": "A broken plugin breaks only itself.",
    "P17": "Quotas hold when requests race.",
    "P18": "No acknowledged write is lost and none is applied twice.",
    "P19": "No update silently overwrites another.",
    "P20": "Shutting down fails no running request.",
    "P21": "A database outage gives coded answers and heals without a restart.",
    "P22": "Cancelled requests return their connections.",
    "P23": "Overload is shed; the rest is still served.",
    "P24": "Migrations go up, down and up again on filled databases, and resume when killed.",
    "P25": "A backup taken under writes restores to a committed state.",
    "P26": "The live and ready probes tell the truth.",
    "P27": "Memory and tasks do not grow.",
    "P28": "The GraphQL protocols hold for real clients.",
}


class CoverageError(ValueError):
    """Marks that the table cannot use, one a line."""


class Requirement(NamedTuple):
    """One row of docs/requirements.csv."""

    row: str
    area: str
    text: str


class Mark(NamedTuple):
    """`pytest.mark.row(...)` or `pytest.mark.promise(...)` as it stands in a source."""

    kind: str
    call: ast.Call | None
    line: int

    def fault(self, known: Mapping[str, Collection[str]]) -> str | None:
        """What is wrong with what the mark names, if anything is."""
        if not self.ids:
            return f"this {self.kind} mark names nothing the table can read; list ids as plain strings"
        unknown = ", ".join(name for name in self.ids if name not in known[self.kind])
        return f"there is no {self.kind} {unknown}; correct the id in the mark" if unknown else None

    @property
    def ids(self) -> list[str]:
        """The ids it names; none when one of them is no plain string."""
        arguments = self.call.args if self.call and not self.call.keywords else []
        values = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
        names = [value for value in values if isinstance(value, str)]
        return names if len(names) == len(arguments) else []


def requirements(path: Path = REQUIREMENTS) -> list[Requirement]:
    """The requirements in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Requirement(line["row"], line["area"], line["requirement"]) for line in csv.DictReader(file)]


def proofs(tests: Path = TESTS) -> dict[str, set[str]]:
    """Names of the tests by the row or promise that they prove; refuses marks that would be lost."""
    known = {"row": {requirement.row for requirement in requirements()}, "promise": PROMISES.keys()}
    named: dict[str, set[str]] = defaultdict(set)
    faults: list[str] = []
    for path in sorted(tests.rglob("*.py")):
        tree = _tree(path)
        carriers = _carriers(tree) if path.name.startswith("test_") else {}
        for mark in _marks(tree):
            fault = mark.fault(known) if mark in carriers else STRAY
            faults += [f"{path.relative_to(tests.parent)}:{mark.line}: {fault}"] if fault else []
            for name in mark.ids:
                named[name] |= carriers.get(mark, set())
    if faults:
        raise CoverageError("\n".join(faults))
    return named


def coverage(tests: Path = TESTS) -> str:
    """The whole text of docs/coverage.md."""
    rows, named = requirements(), proofs(tests)
    return "\n".join(
        [
            "# Coverage",
            "",
            f"Generated by `{COMMAND}` from requirements.csv and the tests' marks; edit those instead.",
            "",
            *_summary(rows, named),
            "",
            *_table("row", ((row.row, row.text) for row in rows), named),
            "",
            *_table("promise", PROMISES.items(), named),
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Prints the page, or stores it with --write."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write(f"Unknown arguments: {' '.join(arguments)}. Use: {COMMAND}\n")
        return 2
    try:
        text = coverage()
    except CoverageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments:
        COVERAGE.write_text(text, encoding="utf-8", newline="\n")
    else:
        sys.stdout.write(text)
    return 0


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as error:
        raise CoverageError(f"{path}:{error.lineno}: {error.msg}; mend the file first") from error


def _marks(tree: ast.AST) -> list[Mark]:
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        Mark(node.attr, calls.get(id(node)), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"row", "promise"}
        and ast.unparse(node.value) in {"pytest.mark", "mark"}
    ]


def _carriers(tree: ast.Module) -> dict[Mark, set[str]]:
    carriers: dict[Mark, set[str]] = defaultdict(set)
    for test, expressions in _tests(tree.body, []):
        for expression in expressions:
            for mark in _marks(expression):
                carriers[mark].add(test)
    return carriers


def _tests(body: list[ast.stmt], inherited: list[ast.expr]) -> Iterator[tuple[str, list[ast.expr]]]:
    """Every test of a module or class with the expressions that may mark it."""
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    marks = [*inherited, *(node.value for node in assigned if _is_pytestmark(node))]
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, [*marks, *node.decorator_list])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name, [*marks, *node.decorator_list]


def _is_pytestmark(node: ast.Assign) -> bool:
    return [ast.unparse(target) for target in node.targets] == ["pytestmark"]


def _summary(rows: list[Requirement], named: Mapping[str, set[str]]) -> Iterator[str]:
    areas: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        areas[row.area].append(row.row)
    for title, ids in [*areas.items(), ("All rows", [row.row for row in rows]), ("Promises", list(PROMISES))]:
        yield f"- {title}: {sum(bool(named.get(name)) for name in ids)} / {len(ids)}"


def _table(kind: str, entries: Iterable[tuple[str, str]], named: Mapping[str, set[str]]) -> Iterator[str]:
    yield f"| {kind} | what it says | tests |"
    yield "| --- | --- | --- |"
    for name, text in entries:
        yield f"| {name} | {text} | {', '.join(sorted(named.get(name, ()))) or 'missing'} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
