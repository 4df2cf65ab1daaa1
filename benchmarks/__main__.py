"""`python -m benchmarks NAME ...` runs a benchmark; without a name, or with `--list`, it lists them."""

import importlib
import runpy
import sys
from typing import Final

import tabard.connection

# The other modules are parts of these; `server` is what they start.
NAMES: Final = ("floor", "ratios", "report")
STARTED: Final = "server"
WIDEST_PAGE: Final = 1_000


def listed() -> str:
    """Each benchmark with what it says of itself."""
    told = {name: importlib.import_module(f"benchmarks.{name}").__doc__ or "" for name in NAMES}
    return "".join(f"{name:8} {text.partition(chr(10))[0]}\n" for name, text in told.items())


def main(arguments: list[str]) -> int:
    """Runs the named one; the exit code is 2 for a name there is not."""
    name = arguments[0] if arguments else "--list"
    if name not in (*NAMES, STARTED):
        sys.stdout.write(listed())
        return 0 if name == "--list" else 2
    # A page of a benchmark may hold more than a page; told before anybody reads the limit.
    tabard.connection.MAX_PAGE = WIDEST_PAGE
    sys.argv = arguments
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
