"""`python -m benchmarks NAME ...` runs a benchmark; without a name it lists them."""

import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The benchmarks: the modules that can be run."""
    runnable = (path for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8"))
    return sorted(path.stem for path in runnable)


def main(arguments: list[str]) -> int:
    """Runs the named one; the exit code is 2 for a name there is not."""
    if not arguments or arguments[0] not in names():
        sys.stdout.write(f"benchmarks: {', '.join(names())}\n")
        return 2 if arguments else 0
    sys.argv = arguments
    runpy.run_module(f"benchmarks.{arguments[0]}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
