"""docs/operators/command-line.md names every command, option and persona that there is, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from gateway.cli import app
from tabard.personas import PERSONAS

PAGE = (Path(__file__).parents[2] / "docs/operators/command-line.md").read_text(encoding="utf-8")


def commands(group: Any, prefix: str = "tabard") -> Iterator[tuple[str, Any]]:
    """Every command under its full name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def test_the_page_has_a_heading_for_each_command_with_its_options() -> None:
    documented = {}
    for heading in re.findall(r"^### `(.*)`$", PAGE, re.MULTILINE):
        (name,) = re.findall(r"^(tabard(?: [a-z]+)+)", heading)
        documented[name] = sorted(re.findall(r"--[a-z-]+", heading))
    assert documented == {
        name: sorted(option for item in command.params for option in item.opts if option.startswith("--"))
        for name, command in commands(typer.main.get_command(app))
    }


def test_the_page_lists_each_persona() -> None:
    _, _, about_tokens = PAGE.partition("### `tabard token ")
    listed = re.findall(r"^\| `([a-z-]+)` \|", about_tokens, re.MULTILINE)
    assert listed == [
        "super-admin",
        "super-admin-no-seat",
        "manager",
        "csm",
        "csm-no-seat",
        "outsider",
        "partner",
        "other-portal-admin",
    ]
    assert set(listed) == {item.key for item in PERSONAS}


def test_the_pages_that_the_page_leads_to_are_there() -> None:
    folder = Path(__file__).parents[2] / "docs/operators"
    links = set(re.findall(r"\]\(([a-z-]+\.md)", PAGE))
    assert {link for link in links if not (folder / link).exists()} == set()
