"""`python -m benchmarks NAME ...` runs a benchmark; without a name, or with `--list`, it lists them."""

import importlib
import runpy
import sys
from typing import Final

# The other modules are parts of these.
NAMES: Final = ("floor", "ratios", "report")


def listed() -> str:
    """Each benchmark with what it says of itself."""
    told = {name: importlib.import_module(f"benchmarks.{name}").__doc__ or "" for name in NAMES}
    return "".join(f"{name:8} {text.partition(chr(10))[0]}\n" for name, text in told.items())


def main(arguments: list[str]) -> int:
    """Runs the named one; the exit code is 2 for a name there is not."""
    name = arguments[0] if arguments else "--list"
    if name not in NAMES:
        sys.stdout.write(listed())
        return 0 if name == "--list" else 2
    sys.argv = arguments
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
