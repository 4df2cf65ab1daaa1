"""P9: the limiter's steps grow with the bytes of a document, and what it lets through is soon validated."""

import random
import sys

import pytest
from graphql import GraphQLSyntaxError, parse, validate

from gateway.documents.limiter import measure
from gateway.limits import Limits
from tests.promises.support.corpus import LIMITER, SCHEMA, SHAPES, calls, scrambled, sized

pytestmark = pytest.mark.promise("P9")

LIMITS = Limits()
TOKENS = (125, 250, 500, 1_000, 2_000)
# Measured: 2.4 at most. That is a call or two for each selection, and a selection is at least two bytes.
STEPS_PER_BYTE = 3
# The validator's own bound is 500,000; the worst document that is let through takes 32,000.
COMPARISONS = 50_000


def checked(text: str) -> bool:
    """Whether the document is let through; the limiter looks at it only so long, and so does validation."""
    try:
        document = parse(text, max_lexical_tokens=LIMITS.tokens)
    except GraphQLSyntaxError:  # nested more deeply than the parser goes
        return False
    size, counted = calls(lambda: measure(document, LIMITS))
    assert sum(counted[module] for module in LIMITER) <= STEPS_PER_BYTE * len(text), text
    if size.refusals(LIMITS):
        return False
    _, counted = calls(lambda: validate(SCHEMA, document, max_errors=LIMITS.errors))
    assert counted["comparisons"] <= COMPARISONS, text
    return True


@pytest.mark.parametrize("shape", SHAPES)
def test_a_document_made_to_keep_the_server_busy_does_not(shape: str) -> None:
    texts = [sized(SHAPES[shape], tokens) for tokens in TOKENS]
    for text in texts:
        checked(text)
    assert max(map(len, texts)) <= LIMITS.document_bytes


def test_documents_of_chance_keep_nothing_busy() -> None:
    chance = random.Random(9)
    passed = [checked(scrambled(chance, chance.choice(TOKENS))) for _ in range(150)]
    sys.stdout.write(f"P9: {sum(passed)} of {len(passed)} documents of chance were let through\n")
    assert sum(passed) >= 30
    assert not all(passed)
