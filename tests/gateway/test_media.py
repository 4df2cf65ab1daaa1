"""Media types: what may be sent, and which type an answer has."""

import pytest

from gateway.media import EVENT_STREAM, GRAPHQL_RESPONSE, ITEM, JSON, negotiate, parse_media_type

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ('application/json; charset="UTF-8"', JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        (
            "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            GRAPHQL_RESPONSE,
        ),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.1, application/json;q=0.2", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("application/json;q=0.1, */*", GRAPHQL_RESPONSE),
        ("*/*;q=0.1, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
        ('text/html; title="a, application/json", */*;q=0', None),
        (URQL, GRAPHQL_RESPONSE),
        ("text/event-stream, application/json", EVENT_STREAM),
        ('text/html; title="a, application/json', None),
        ('application/json, text/html; title="a', JSON),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=1.5", None),
        ("application/json2, nonsense, ;;;", None),
        ("nonsense, application/json", JSON),
        ("application/json; charset=latin-1", None),
    ],
)
def test_an_answer_has_the_type_that_its_caller_prefers(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept) == chosen


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("application/json", "application/json", {}),
        (" Application/JSON ;Charset=UTF-8; x=1", "application/json", {"charset": "UTF-8", "x": "1"}),
        (r'text/plain; title="a \"b\"; c"', "text/plain", {"title": 'a "b"; c'}),
        ("a/b;", "a/b", {}),
    ],
)
def test_media_types_are_read_with_their_parameters(text: str, name: str, parameters: dict[str, str]) -> None:
    media_type = parse_media_type(text)
    assert media_type is not None
    assert (media_type.name, media_type.parameters) == (name, parameters)


@pytest.mark.parametrize(
    "text", ["", "a", "a/", "/b", "a/b/c", "a /b", "a/b x", "a/b; c", "a/b; c=1; c=1", 'a/b; c="']
)
def test_what_is_no_media_type_is_none(text: str) -> None:
    assert parse_media_type(text) is None


@pytest.mark.promise("P7")
def test_quotes_that_nothing_closes_are_one_item() -> None:
    """Were they many, each would be followed to the end of the header: seconds for 60 KB."""
    assert ITEM.findall('\\"' * 10_000) == ['\\"' * 10_000]
