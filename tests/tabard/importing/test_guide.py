"""docs/operators/import.md: every example in it runs and prints what it says, and every key is in it."""

import re
import tomllib
from pathlib import Path

import pytest

from tabard.importing import declarations, habits, import_reader, lookups, mapping, rejects, setters, sources
from tabard.importing.targets import all_targets
from tests.tabard.importing.importer import Importer

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "operators" / "import.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
PRINTED = re.compile(r"^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)
TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
PARTS = re.split(r"^##+ ", TEXT, flags=re.MULTILINE)
EXAMPLES = {part.splitlines()[0]: part for part in PARTS if "**`mapping.toml`**" in part}
KEYS = {
    *mapping.KEYS, *habits.KEYS, *declarations.PROPERTY_KEYS, *declarations.PIPELINE_KEYS, *declarations.STAGE_KEYS,
    *import_reader.STAGED_KEYS, *import_reader.USER_KEYS, *import_reader.ASSOCIATION_KEYS, *sources.KEYS,
    *lookups.ASSOCIATION_KEYS, *lookups.TEAM_KEYS, *(key for keys in setters.KIND_KEYS.values() for key in keys),
    *rejects.OWN,
}  # fmt: skip


@pytest.mark.parametrize("title", EXAMPLES)
async def test_each_example_prints_what_the_guide_says(importer: Importer, title: str) -> None:
    files = dict(NAMED.findall(EXAMPLES[title]))
    text = files.pop("mapping.toml")
    for name, content in files.items():
        importer.write(name, *content.splitlines())
    report = await importer.run(text)
    (printed,) = PRINTED.findall(EXAMPLES[title])
    assert str(report) == printed.rstrip("\n")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("text", TOML.findall(TEXT))
def test_each_piece_of_a_mapping_is_toml(text: str) -> None:
    assert tomllib.loads(text)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_key_is_explained(key: str) -> None:
    assert re.search(rf"`\[*(import\.)?{key}\]*( = [^`]*)?`", TEXT), f"the guide says nothing of '{key}'"


async def test_each_property_and_link_is_listed_with_its_kind(refusing: Importer) -> None:
    everywhere = {"owner", "created_at", "last_activity_at"}
    for noun, target in all_targets(refusing.gateway.graph.registry).items():
        (row,) = re.findall(rf"^\| `{noun}` \| (.*?) \| (.*?) ?\|$", TEXT, re.MULTILINE)
        listed = dict(re.findall(r"`(\w+)`(?:\*\*)? `([A-Z]+)`", row[0]))
        assert listed == {
            key: field.kind.name for key, field in target.fields.items() if key not in everywhere
        }
        assert re.findall(r"\*\*`(\w+)`\*\*", row[0]) == target.required
        assert re.findall(r"`(\w+)`", row[1]) == list(target.links)
        assert everywhere <= set(target.fields) or not target.is_record
