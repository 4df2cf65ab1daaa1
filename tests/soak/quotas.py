"""P17: quotas under fifty at once, twenty rounds on both databases."""

import os
import sys
from pathlib import Path

import pytest

ROUNDS = "20"
TESTS = Path(__file__).parents[1] / "promises" / "test_p17_quotas.py"


def main(arguments: list[str]) -> int:
    """Runs the promise's tests with all rounds; what follows goes to pytest."""
    os.environ |= {"TABARD_ROUNDS": ROUNDS, "REQUIRE_POSTGRES": "1"}
    return int(pytest.main([str(TESTS), "--durations=0", *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
