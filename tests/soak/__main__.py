"""Runs the soak that is named; names them all when none is."""

import pkgutil
import runpy
import sys
from importlib import import_module

import tests.soak

FRAME = frozenset({"__main__", "frame", "places"})


def names() -> list[str]:
    """The soaks there are."""
    return sorted(item.name for item in pkgutil.iter_modules(tests.soak.__path__) if item.name not in FRAME)


def main(arguments: list[str]) -> int:
    """Hands over to the soak; an unknown one gets the list and exit code 2."""
    if arguments and arguments[0] in names():
        sys.argv = [f"dev.py soak {arguments[0]}", *arguments[1:]]
        runpy.run_module(f"tests.soak.{arguments[0]}", run_name="__main__")
    print("usage: python3 dev.py soak NAME [--help]\n")
    for name in names():
        summary = str(import_module(f"tests.soak.{name}").__doc__).partition("\n")[0]
        print(f"  {name:<12} {summary}")
    return 0 if arguments in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
