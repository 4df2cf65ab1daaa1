"""P22: two thousand requests on each database that end at random, and nothing is left of them."""

import os
import sys
from pathlib import Path

import pytest

REQUESTS = "2000"
TESTS = Path(__file__).parents[1] / "promises" / "test_p22_leaks.py"


def main(arguments: list[str]) -> int:
    """Runs the promise's tests with all requests; what follows goes to pytest."""
    os.environ |= {"TABARD_REQUESTS": REQUESTS, "REQUIRE_POSTGRES": "1"}
    return int(pytest.main([str(TESTS), "--durations=0", *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
