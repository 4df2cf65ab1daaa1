"""Well-formed requests whose document, operation or variables must be refused."""

from collections.abc import Iterator
from typing import Any

from gateway.codes import Code
from tests.gateway.hostile import Hostile, json_of, lines

SYNTAX_ERRORS = r"""
{
}
{ hello
hello
query
query {
query Q(
query Q($a) { hello }
{ hello }}
{ ... }
{ hello( }
{ hello() }
{ hello(name) }
{ hello(name: ) }
{ 1 }
{ hello @ }
{ a: }
{ "hello" }
{ hello(name: "open) }
{ hello(name: \"\"\"open) }
{ hello(name: "\x") }
{ hello(name: "\u{110000}") }
{ hello(name: "\uD800") }
{ hello(name: 00) }
{ hello(name: 1.) }
{ hello(name: .5) }
{ hello(name: 'a') }
{ hello; }
{ hello ¿ }
{ hello .. }
fragment on on Query { hello }
mutation subscription { hello
{ hello } query
🙂
<html>
null
{ hello(name: [ }
{ hello(where: {a: }) }
query ($a: [String) { hello }
\u007b hello }
query ($a: Int = $b) { hello }
{ hello(name: $) }
{ hello } fragment F
"""
INVALID_DOCUMENTS = r"""
{ helo }
{ hello { length } }
{ company(id: 1) }
{ company { id } }
{ hello(nme: "a") }
{ hello(name: 1) }
{ hello(name: null) }
{ hello(name: "a", name: "b") }
{ company(id: {}) { id } }
{ company(id: 1.5) { id } }
{ companies(first: "a") { id } }
{ companies(first: 99999999999999999999) { id } }
{ companies(where: {nme: 1}) { id } }
{ companies(where: {name: "a", name: "b"}) { id } }
{ weekday(on: "x") }
{ weekday(on: 1) }
{ failing(how: NEVER) }
{ failing(how: "BUG") }
{ hello @unknown }
{ hello @include }
{ hello @include(if: true) @include(if: true) }
query Q @skip(if: true) { hello }
query ($a: Nothing) { hello }
query ($a: Company) { hello }
query ($a: Int) { hello }
query ($a: Int, $a: Int) { hello }
query ($a: Int) { hello(name: $a) }
query ($a: Int = "a") { companies(first: $a) { id } }
query ($f: Filter = {x: 1}) { companies(where: $f) { id } }
{ hello(name: $a) }
{ ...Missing }
{ ...F } fragment F on Query { ...F }
{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }
{ company(id: 1) { ...F } } fragment F on Company { parent { ...F } }
fragment F on Query { hello }
{ hello } fragment F on Query { hello }
{ ...F } fragment F on Company { id }
{ ...F } fragment F on Filter { name }
{ ...F } fragment F on Query { hello } fragment F on Query { hello }
{ ... on Nothing { hello } }
{ hello hello: weekday(on: "2025-01-01") }
{ hello(name: "a") hello(name: "b") }
{ __typename: hello hello: __typename __typename }
{ hello } { hello }
query A { hello } query A { hello }
type Query { hello: String }
schema { query: Query }
extend type Query { a: Int }
{ __type { name } }
{ __schema { nothing } }
mutation { nothing }
{ rename(name: "x") }
subscription { ticks hello }
subscription { ticks ticks: __typename }
"""


def document(name: str, code: Code, text: str, **members: Any) -> Hostile:
    """A request whose document, or what goes with it, is the matter."""
    return Hostile(name, code, json_of(query=text, **members))


def syntax_errors() -> Iterator[Hostile]:
    """Texts that are no GraphQL."""
    deep = {
        "190 open braces": "{" * 190 + "a",
        "fields nested 300 deep": "{a" * 300 + "}" * 300,
        "lists nested 300 deep": "{ hello(name: " + "[" * 300 + "]" * 300 + ") }",
        "types nested 400 deep": "query ($a: " + "[" * 400 + "Int" + "]" * 400 + ") { hello }",
        "16,000 escaped quotes": '"""' + '\\"""' * 16_000,
        "an escaped NUL": r'{ hello(name: "a\u0000b") }',
        "an escaped NUL in braces": r'{ hello(name: "\u{000}") }',
    }
    for text in lines(SYNTAX_ERRORS.replace(r"\"\"\"", '"""')):
        yield document(f"syntax: {text}", Code.GRAPHQL_PARSE_FAILED, text)
    for name, text in deep.items():
        yield document(f"syntax: {name}", Code.GRAPHQL_PARSE_FAILED, text)


def invalid_documents() -> Iterator[Hostile]:
    """GraphQL that does not fit the schema."""
    for text in lines(INVALID_DOCUMENTS):
        yield document(f"validation: {text}", Code.GRAPHQL_VALIDATION_FAILED, text)
    long, many = "{ " + "x" * 60_000 + " }", "{ " + " ".join(f"x{n}" for n in range(20)) + " }"
    yield document("validation: a name of 60,000 letters", Code.GRAPHQL_VALIDATION_FAILED, long)
    yield document("validation: twenty errors", Code.GRAPHQL_VALIDATION_FAILED, many)


def oversized_documents() -> Iterator[Hostile]:
    """Documents that would keep a server busy."""
    for name, code, text in [
        *oversized_texts(),
        *deep_documents(),
        *wide_documents(),
        *overlapping_documents(),
    ]:
        yield document(f"size: {name}", code, text)


def oversized_texts() -> Iterator[tuple[str, Code, str]]:
    """Too many bytes or tokens."""
    yield "70 KB of comment", Code.PAYLOAD_TOO_LARGE, "{ hello } #" + "x" * 70_000
    yield "70 KB of name", Code.PAYLOAD_TOO_LARGE, "{ " + "x" * 70_000 + " }"
    yield "40,000 characters of two bytes", Code.PAYLOAD_TOO_LARGE, "{ hello } #" + "é" * 40_000
    yield "700 fields", Code.TOKEN_LIMIT_EXCEEDED, "{" + " ".join(f"f{n}: hello" for n in range(700)) + "}"
    yield "3,000 comments", Code.TOKEN_LIMIT_EXCEEDED, "{ hello }" + "#\n" * 3_000
    yield "60,000 braces", Code.TOKEN_LIMIT_EXCEEDED, "{" * 60_000
    yield "3,000 strings", Code.TOKEN_LIMIT_EXCEEDED, "{ hello(name: [" + '"" ' * 3_000 + "]) }"
    yield "20,000 joined numbers", Code.TOKEN_LIMIT_EXCEEDED, "{ hello(name: [" + "1-1" * 20_000 + "]) }"


def deep_documents() -> Iterator[tuple[str, Code, str]]:
    """Fields nested too deeply."""
    code = Code.DEPTH_LIMIT_EXCEEDED
    branches = "".join(
        f"fragment B{n} on Company {{ parent {{ ...B{n + 1} }} owner {{ ...B{n + 1} }} }} " for n in range(25)
    )
    yield "depth 13", code, "{ company(id: 1) " + "{ parent " * 11 + "{ id }" + "}" * 11 + "}"
    yield (
        "depth by 25 branching fragments",
        code,
        "{ company(id: 1) { ...B0 } } fragment B25 on Company { id } " + branches,
    )
    yield (
        "introspection 22 deep",
        code,
        "{ __schema { types " + "{ ofType " * 19 + "{ name }" + "}" * 19 + "} }",
    )


def wide_documents() -> Iterator[tuple[str, Code, str]]:
    """Too many of something."""
    numbers = range(101)
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(25))
    doubled = f"{{ ...F0 }} {chain} fragment F25 on Query {{ a: hello }}"
    skipped = doubled.replace("a: hello", "hello @skip(if: false)")
    aliases = " ".join(f"a{n}: id" for n in numbers[:31])
    yield "31 aliases", Code.ALIAS_LIMIT_EXCEEDED, f"{{ company(id: 1) {{ {aliases} }} }}"
    yield "an alias doubled 25 times", Code.ALIAS_LIMIT_EXCEEDED, doubled
    yield "51 directives", Code.DIRECTIVE_LIMIT_EXCEEDED, "{ hello " + "@include(if: true) " * 51 + "}"
    yield "a directive doubled 25 times", Code.DIRECTIVE_LIMIT_EXCEEDED, skipped
    halves = "".join(
        f"fragment B{n} on Company {{ parent {{ ...B{n + 1} }} owner {{ ...B{n + 1} }} }} " for n in range(10)
    )
    yield (
        "4,095 fields by 10 branching fragments",
        Code.FIELD_LIMIT_EXCEEDED,
        "{ company(id: 1) { ...B0 } } fragment B10 on Company { id name } " + halves,
    )
    roots = " ".join(f"a{n}: hello" for n in numbers[:21])
    yield "21 root fields", Code.ROOT_FIELD_LIMIT_EXCEEDED, f"{{ {roots} }}"
    mutations = " ".join(f'a{n}: rename(name: "x")' for n in numbers[:11])
    yield "11 mutations", Code.MUTATION_LIMIT_EXCEEDED, f"mutation {{ {mutations} }}"
    fragments = " ".join(f"fragment F{n} on Query {{ hello }}" for n in numbers)
    yield "101 fragments", Code.FRAGMENT_LIMIT_EXCEEDED, f"{{ hello }} {fragments}"
    variables = ", ".join(f"$v{n}: Int" for n in numbers)
    yield "101 variables", Code.VARIABLE_LIMIT_EXCEEDED, f"query ({variables}) {{ hello }}"


def overlapping_documents() -> Iterator[tuple[str, Code, str]]:
    """Selections that validation would have to compare one by one."""
    code = Code.DUPLICATE_LIMIT_EXCEEDED
    yield "41 times one field", code, "{" + "hello " * 41 + "}"
    yield "100 inline fragments", code, "{" + "... { company(id: 1) { parent { id } } }" * 100 + "}"
    yield "duplicates below merged fields", code, "{" + "company(id: 1) { id id }" * 25 + "}"
    ladder = "company(id: 1) " + "{ parent " * 6 + "{ id }" + "}" * 6
    yield "pairs below pairs", Code.OVERLAP_LIMIT_EXCEEDED, "{" + ladder * 40 + "}"


def dear_requests() -> Iterator[Hostile]:
    """Requests whose answer would be too much, by their document and their variables."""
    page, nodes, cost = Code.PAGE_SIZE_EXCEEDED, Code.NODE_LIMIT_EXCEEDED, Code.COST_LIMIT_EXCEEDED
    sized = "query ($n: Int) { companies(first: $n) { id } }"
    for size in (101, 1_000, 2**31 - 1):
        yield document(f"cost: a page of {size}", page, f"{{ companies(first: {size}) {{ id }} }}")
        yield document(f"cost: a page of {size} by variable", page, sized, variables={"n": size})
        default = sized.replace("$n: Int", f"$n: Int = {size}")
        yield document(f"cost: a page of {size} by default", page, default)
    hundred = "children(first: 100) { id }"
    pages = f"companies(first: 100) {{ {hundred} }}"
    yield document("cost: pages in pages", nodes, f"{{ {pages} }}")
    by_variable = f"query ($n: Int!) {{ {pages.replace('100', '$n')} }}"
    yield document("cost: pages in pages by variable", nodes, by_variable, variables={"n": 100})
    shared = f"fragment F on Company {{ ...G }} fragment G on Company {{ {hundred} }}"
    yield document("cost: pages by fragments", nodes, f"{{ companies(first: 100) {{ ...F }} }} {shared}")
    deep = "{ company(id: 1) " + "{ children(first: 3) " * 10 + "{ id }" + "}" * 10 + " }"
    yield document("cost: lists ten deep", nodes, deep)
    bushy = " ".join(f"a{n}: parent {{ id }}" for n in range(20))
    inner = "children { z: children { parent { id } } }"
    beside = f"{{ x: companies(first: 100) {{ {bushy} }} y: companies {{ {inner} }} }}"
    yield document(
        "cost: dear fields beside each other", cost, beside.replace("children", "children(first: 11)")
    )
    wide = f"{{ companies(first: 100) {{ children(first: 3) {{ {bushy} }} }} }}"
    yield document("cost: twenty relations of 300", cost, wide)


def operations() -> Iterator[Hostile]:
    """Documents without the operation that is asked for."""
    code = Code.OPERATION_RESOLUTION_FAILURE
    both = "query A { hello } query B { hello }"
    stream = "query A { hello } subscription B { ticks }"
    yield document("operation: none of two is named", code, both)
    yield document("operation: null of two", code, both, operationName=None)
    yield document("operation: another name", code, both, operationName="C")
    yield document("operation: an empty name", code, both, operationName="")
    yield document("operation: the name of nothing", code, "{ hello }", operationName="A")
    yield document("operation: a very long name", code, "{ hello }", operationName="A" * 100_000)
    yield document("operation: a subscription", code, "subscription { ticks }")
    yield document("operation: a named subscription", code, stream, operationName="B")


def variables() -> Iterator[Hostile]:
    """Values that do not fit their variable."""
    values: dict[str, tuple[str, list[Any]]] = {
        "Int!": (
            "companies(first: $v) { id }",
            [None, "1", 1.5, True, [1], {}, 2**31, -(2**31) - 1, 2**53, 2**64, 1e300],
        ),
        "String!": ("hello(name: $v)", [None, 1, 1.5, True, [], ["a"], {}, {"a": 1}]),
        "ID!": ("company(id: $v) { id }", [None, 1.5, True, [], {}, ["1"]]),
        "Date!": ("weekday(on: $v)", [None, 1, "", "2025-13-01", "2025-02-30", "soon", "x" * 5_000, {}, []]),
        "Failure!": ("failing(how: $v)", [None, "NEVER", "bug", 1, [], {}]),
        "Filter": (
            "companies(where: $v) { id }",
            [
                {"nme": "a"},
                {"name": 1},
                {"rank": "1"},
                {"all": [None]},
                "a",
                1,
                [{}],
                nested(25),
                nested(8) | {"x": 1},
            ],
        ),
    }
    named = "query ($v: String!) { hello(name: $v) }"
    for value in ("\0", {"a": ["b\0"]}, {"\0": 1}):
        yield document(f"variable: NUL in {value!r}", Code.BAD_REQUEST, named, variables={"v": value})
    yield document("document: a NUL", Code.BAD_REQUEST, "{ he\0llo }")
    for kind, (field, wrong) in values.items():
        text = f"query ($v: {kind}) {{ {field} }}"
        for value in wrong:
            name = f"variable: {kind} = {str(value)[-40:]!r} of {type(value).__name__}"
            yield document(name, Code.BAD_USER_INPUT, text, variables={"v": value})
        if kind.endswith("!"):
            yield document(f"variable: {kind} is missing", Code.BAD_USER_INPUT, text)
    ranks = ", ".join(f"{{rank: $v{n}}}" for n in range(20))
    declared = ", ".join(f"$v{n}: Int!" for n in range(20))
    many = f"query ({declared}) {{ companies(where: {{all: [{ranks}]}}) {{ id }} }}"
    yield document("variables: twenty are missing", Code.BAD_USER_INPUT, many)


def nested(depth: int) -> dict[str, Any]:
    """A filter in a filter in a filter, and nonsense at its end."""
    value: dict[str, Any] = {"rank": "not a number"}
    for _ in range(depth):
        value = {"all": [value]}
    return value
