"""What is wrong with a mapping is said before any row is read: all of it at once, with its line and place."""

import tomllib
from pathlib import Path

import pytest

from tabard.errors import ImportRefused, MappingRefused, NameUnknown
from tests.tabard.importing.importer import Importer

START = """\
[defaults]
date_format = "%d-%m-%Y"

[[property]]
of = "deal"
key = "product"
kind = "OPTION"

[[pipeline]]
of = "deal"
key = "sales"
stages = [{ key = "open" }, { key = "won", won = true }]

[[import]]
file = "companies.csv"
into = "company"
external_id = "id"

[import.properties]
name = "name"

[[import]]
file = "deals.csv"
into = "deal"
external_id = "id"
stage = "stage"

[import.properties]
name = "title"
amount = "worth"
close_on = "closed"

[import.associations]
company = "company"
"""

PROBLEMS = {
    problem["name"]: problem
    for problem in tomllib.loads((Path(__file__).parent / "problems.toml").read_text(encoding="utf-8"))[
        "problem"
    ]
}


@pytest.fixture
def folder(refusing: Importer) -> Path:
    """A folder with two files whose rows would all be bad."""
    refusing.write("companies.csv", "id,name", "1")
    refusing.write("deals.csv", "id,title,company,stage,worth,closed,twice,twice", "1")
    return refusing.folder


@pytest.mark.parametrize("case", PROBLEMS)
async def test_a_wrong_mapping_is_refused_with_its_place(refusing: Importer, folder: Path, case: str) -> None:
    problem = PROBLEMS[case]
    assert START.count(problem["right"]) == 1
    with pytest.raises(MappingRefused) as caught:
        await refusing.run(START.replace(problem["right"], problem["wrong"]))
    assert f"mapping.toml {problem['sentence'].replace('FOLDER', str(folder))}" in caught.value.problems
    assert refusing.steps == [], "rows were read"


async def test_all_that_is_wrong_is_said_at_once(refusing: Importer, folder: Path) -> None:
    with pytest.raises(MappingRefused) as caught:
        await refusing.run(
            START.replace('"title"', '"titel"').replace('"worth"', '"value"').replace('"OPTION"', '"X"')
        )
    assert str(caught.value).startswith(
        "nothing was imported; 3 thing(s) to mend in the mapping:\n  - mapping.toml "
    )
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    {
        "no TOML": ("[[import", "mapping.toml is not valid TOML: Expected ']]' at the end of an array declaration"),
        "nothing": ("", "mapping.toml: there is no [[import]], so nothing would be imported"),
        "one import as a table": ('[import]\nfile = "a.csv"', "mapping.toml line 1 (import): this must be a list of"),
    }.values(),
)  # fmt: skip
async def test_a_file_that_is_no_mapping_is_refused(refusing: Importer, text: str, message: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        await refusing.run(text)
    assert caught.value.problems[0].startswith(message)


async def test_a_missing_mapping_file_folder_or_portal_is_refused(refusing: Importer, folder: Path) -> None:
    with pytest.raises(MappingRefused, match=r"none\.toml cannot be read: No such file or directory"):
        await refusing.run(folder / "none.toml")
    with pytest.raises(ImportRefused, match=r"there is no folder .*/elsewhere; name the one that holds"):
        await refusing.run(START, folder / "elsewhere")
    with pytest.raises(NameUnknown, match="there is no portal 'umbrella'"):
        await refusing.run(START, portal="umbrella")
    with pytest.raises(ImportRefused, match="is no folder, and no file of rejected rows"):
        await refusing.run(START, folder / "deals.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    {
        "empty": (b"", "companies.csv is empty: its first row should name the columns"),
        "utf-16": ("id,name\n1,A\n".encode("utf-16"), "companies.csv has a header that cannot be read"),
        "only marks": (b",,\n;\n", "companies.csv has no column 'id'"),
    }.values(),
)  # fmt: skip
async def test_a_file_without_a_header_is_refused(
    refusing: Importer, folder: Path, content: bytes, message: str
) -> None:
    (folder / "companies.csv").write_bytes(content)
    with pytest.raises(MappingRefused) as caught:
        await refusing.run(START)
    assert message in str(caught.value)


async def test_a_property_cannot_change_its_kind(importer: Importer) -> None:
    importer.write("companies.csv", "id,name", "1,Acme")
    importer.write("deals.csv", "id,title,company,stage,worth,closed", "1,Big,1,Open,5,24-12-2025")
    await importer.run(START)
    with pytest.raises(MappingRefused) as caught:
        await importer.run(START.replace('kind = "OPTION"', 'kind = "NUMBER"'))
    assert caught.value.problems == [
        "mapping.toml line 7 (property 1, kind): the deal property 'product' has the kind OPTION already"
    ]
