"""Documents: checked once, kept within bounds."""

import pytest
from graphql import OperationType

from gateway.codes import Code
from gateway.documents.documents import BYTES_PER_TOKEN, CheckedDocument, Documents
from gateway.limits import Limits
from gateway.refusal import LimitExceeded
from tests.gateway.sample import SampleEngine

SCHEMA = SampleEngine().graphql_schema


def documents(*, is_development: bool = False, **limits: int) -> Documents:
    """Documents of the sample graph."""
    return Documents(SCHEMA, Limits.model_validate(limits), is_development=is_development)


def codes(checked: CheckedDocument) -> list[Code]:
    """The codes of a document's errors."""
    return [problem.code for problem in checked.errors]


def test_a_document_is_checked_once() -> None:
    kept = documents()
    assert kept.get("{ hello }") is kept.get("{ hello }")
    assert kept.get("{ hello }") is not kept.get("{ hello  }")


def test_the_errors_of_a_document_are_kept_like_a_document() -> None:
    kept = documents()
    checked = kept.get("{ nothing }")
    assert codes(checked) == [Code.GRAPHQL_VALIDATION_FAILED]
    assert kept.get("{ nothing }") is checked
    assert checked.operations == {}


def test_the_documents_used_longest_ago_are_forgotten_first() -> None:
    kept = documents(cached_documents=2)
    first, second = kept.get("{ hello }"), kept.get("{ a: hello }")
    assert kept.get("{ hello }") is first
    kept.get("{ b: hello }")
    assert len(kept) == 2
    assert kept.get("{ hello }") is first
    assert kept.get("{ a: hello }") is not second


def test_documents_are_kept_up_to_a_number_of_bytes() -> None:
    kept = documents(cached_bytes=10 * BYTES_PER_TOKEN)
    for number in range(20):
        kept.get(f"{{ a{number}: hello }}")
        assert kept.weight <= 10 * BYTES_PER_TOKEN
    assert 0 < len(kept) < 3


def test_a_document_larger_than_the_whole_memory_is_checked_but_not_kept() -> None:
    kept = documents(cached_bytes=1)
    assert kept.get("{ hello }").errors == ()
    assert (len(kept), kept.weight) == (0, 0)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    kept = documents(document_bytes=100, tokens=10)
    with pytest.raises(LimitExceeded, match=r"too many bytes: 102, but at most 100") as refusal:
        kept.get("{ hello }" + "é" * 46 + " ")
    assert refusal.value.extensions == {"code": "PAYLOAD_TOO_LARGE", "limit": 100, "actual": 102}
    with pytest.raises(LimitExceeded, match=r"too many tokens: 11, but at most 10") as refusal:
        kept.get("{ a b c d e f g h i }")
    assert refusal.value.extensions == {"code": "TOKEN_LIMIT_EXCEEDED", "limit": 10, "actual": 11}
    assert len(kept) == 0


def test_limits_are_looked_at_before_validation() -> None:
    assert codes(documents(depth=2).get("{ nothing { nothing { nothing } } }")) == [Code.DEPTH_LIMIT_EXCEEDED]


def test_an_answer_has_at_most_ten_errors_and_says_that_there_are_more() -> None:
    errors = documents().get("{" + " ".join(f"x{n}" for n in range(15)) + "}").errors
    assert len(errors) == 10
    assert "error limit reached" in errors[-1].message


def test_names_are_suggested_only_in_development() -> None:
    assert documents().get("{ helo }").errors[0].message == "Cannot query field 'helo' on type 'Query'."
    assert "Did you mean 'hello'?" in documents(is_development=True).get("{ helo }").errors[0].message


def test_operations_are_found_by_name() -> None:
    checked = documents().get('query A { hello } mutation B { rename(name: "x") }')
    assert checked.operation("A") is checked.operations["A"]
    assert checked.operation("B").kind is OperationType.MUTATION
    alone = documents().get("query A { hello }")
    assert alone.operation(None) is alone.operation("A")


def test_only_an_escape_that_makes_a_nul_is_refused() -> None:
    for text in (r'{ hello(name: "\u0000") }', r'{ hello(name: "\u{00}") }'):
        assert codes(documents().get(text)) == [Code.GRAPHQL_PARSE_FAILED]
    for text in (r'{ hello(name: "\\u0000") }', r'{ hello(name: """\u0000""") }', r"{ hello } # \u0000"):
        assert documents().get(text).errors == ()
