"""Counting tokens without parsing agrees with graphql-core's lexer."""

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.documents.tokens import count_tokens

PIECES = st.sampled_from(
    [
        *'{}()[]!$:=@|&,"\\#.-+ \n\r\t',
        '"""',
        '\\"""',
        '""',
        "...",
        "a",
        "_b1",
        "0",
        "12",
        "1.5",
        "-3",
        "2e9",
        "\ufeff",
        "é",
    ]
)


def lexed(text: str) -> int | None:
    """How many tokens and comments graphql-core finds; None when the text is not made of tokens."""
    lexer = Lexer(Source(text))
    try:
        while lexer.advance().kind is not TokenKind.EOF:
            pass
    except GraphQLSyntaxError:
        return None
    count, token = 0, lexer.token.prev
    while token and token.kind is not TokenKind.SOF:
        count, token = count + 1, token.prev
    return count


@given(st.lists(PIECES, max_size=40).map("".join))
@example('{ a(b: """x \\""" y""" c: "\\"" d: -1.5e-3) } # "comment')
@example('""""""""')
@example("1-1-1")
def test_tokens_are_counted_as_the_lexer_does(text: str) -> None:
    expected = lexed(text)
    assume(expected is not None)
    assert count_tokens(text) == expected


@pytest.mark.parametrize("text", ['"' + '\\"' * 20_000, '"""' + '\\"""' * 20_000, "#" + '"' * 20_000])
def test_what_is_left_open_is_one_token_to_the_end_so_that_no_text_is_looked_at_twice(text: str) -> None:
    assert count_tokens(text) == 1
