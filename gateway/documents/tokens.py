"""Tokens: how many a document has, counted without parsing it."""

import re

BLOCK_STRING = r'"""(?:[^"\\]|\\"""|\\|"(?!""))*+(?:""")?'
STRING = r'"(?:[^"\\\n\r]|\\.)*+"?'
NUMBER = r"-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
# Comments count, since the lexer keeps each. What begins a string is a token even if it never ends, so no
# text is looked at twice; what is no token at all is left for the parser to report.
TOKEN = re.compile(
    rf"{BLOCK_STRING}|{STRING}|#[^\n\r]*+|\.\.\.|[!$&()\[\]{{}}:=@|]|[_A-Za-z][_0-9A-Za-z]*+|{NUMBER}"
)


def count_tokens(text: str) -> int:
    """How many lexical tokens and comments the text of a document has."""
    return sum(1 for _ in TOKEN.finditer(text))
