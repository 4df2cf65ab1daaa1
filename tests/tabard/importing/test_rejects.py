"""With a file for rejects the bad rows go there, the rest is imported, and the mended file can be imported."""

import csv
from pathlib import Path

import pytest

from tabard.errors import ImportRefused, RowsRefused
from tabard.records import tables
from tests.tabard.importing.importer import Importer

MAPPING = """
[[pipeline]]
of = "deal"
key = "sales"
stages = [{ key = "open" }]

[[import]]
file = "companies.csv"
into = "company"
external_id = "id"
delimiter = ";"

[import.properties]
name = "name"
renewal_on = "renewal"

[import.associations]
parent = "parent"

[[import]]
file = "deals.csv"
into = "deal"
external_id = "id"
stage = { value = "open" }

[import.properties]
name = "title"
close_on = "closed"

[import.associations]
company = "company"
"""
OWN = ["rejected_file", "rejected_line", "rejected_column", "rejected_reason", "rejected_rest"]


def write_files(importer: Importer) -> None:
    """Files of which one company, its daughter, their deals, and one more deal are bad."""
    importer.write(
        "companies.csv",
        "id;name;renewal;parent",
        "1;Acme;2026-01-31;",
        '2;"Two; or\n2";soon;',
        "3;Daughter of 2;;2",
        "4;Daughter of 1;;1",
    )
    importer.write(
        "deals.csv",
        "id,title,closed,company",
        "a,Of Acme,2026-01-31,1",
        "b,Of the daughter,2026-01-31,3",
        "c,Of nobody,,",
        "d,Late,31.12.,1",
        "e,Broken,,1,more,and more",
        "f,Short",
        'g,"Open,,1',
    )


def rejected(path: Path) -> list[list[str]]:
    """The rows of a file of rejected rows."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


async def names(importer: Importer) -> list[str]:
    """What was imported."""
    companies = await importer.rows(tables.company.c.name)
    return [row[0] for row in companies + await importer.rows(tables.deal.c.name)]


async def test_bad_rows_are_set_aside_and_the_rest_is_imported(importer: Importer, tmp_path: Path) -> None:
    write_files(importer)
    report = await importer.run(MAPPING, rejects=tmp_path / "rejects.csv")
    assert await names(importer) == ["Acme", "Daughter of 1", "Of Acme", "Of nobody"]
    assert (report.rows, report.rejected, len(report.reasons)) == (11, 7, 7)
    assert rejected(tmp_path / "rejects.csv") == [
        [*OWN, "id", "name", "renewal", "parent", "title", "closed", "company"],
        [
            "companies.csv", "3", "renewal", "renewal 'soon' is no date written as %Y-%m-%d", "",
            "2", "Two; or\n2", "soon", "", "", "", "",
        ],
        [
            "companies.csv", "5", "parent", "parent the company '2' is not imported: see companies.csv, line 3", "",
            "3", "Daughter of 2", "", "2", "", "", "",
        ],
        [
            "deals.csv", "3", "company", "company the company '3' is not imported: see companies.csv, line 5", "",
            "b", "", "", "", "Of the daughter", "2026-01-31", "3",
        ],
        [
            "deals.csv", "5", "closed", "closed '31.12.' is no date written as %Y-%m-%d", "",
            "d", "", "", "", "Late", "31.12.", "1",
        ],
        [
            "deals.csv", "6", "", "the row has 6 cells, the header has 4", "more,and more",
            "e", "", "", "", "Broken", "", "1",
        ],
        [
            "deals.csv", "7", "", "the row has 2 cells, the header has 4", "2 cells were missing",
            "f", "", "", "", "Short", "", "",
        ],
        ["deals.csv", "8", "", "a quoted cell is opened and never closed", 'g,"Open,,1\n', *[""] * 7],
    ]  # fmt: skip


async def test_mended_rows_can_be_imported_by_the_same_mapping(importer: Importer, tmp_path: Path) -> None:
    write_files(importer)
    rejects = tmp_path / "rejects.csv"
    await importer.run(MAPPING, rejects=rejects)
    text = rejects.read_text(encoding="utf-8")
    text = text.replace(",soon,", ",2026-02-01,").replace("31.12.,1", "2026-12-31,1")
    rejects.write_text(
        text.replace('"more,and more"', "").replace("2 cells were missing", ""), encoding="utf-8"
    )
    again = tmp_path / "again.csv"
    report = await importer.run(MAPPING, rejects, rejects=again)
    assert (report.rows, report.rejected) == (7, 1)
    assert await names(importer) == [
        "Acme", "Daughter of 1", "Daughter of 2", "Two; or\n2",
        "Broken", "Late", "Of Acme", "Of nobody", "Of the daughter", "Short",
    ]  # fmt: skip
    assert rejected(again)[1][:5] == [
        "deals.csv",
        "8",
        "",
        "it is still as it was rejected: move rejected_rest to its column, then empty it",
        'g,"Open,,1\n',
    ]


async def test_a_spreadsheets_semicolons_in_the_rejects_are_understood(
    importer: Importer, tmp_path: Path
) -> None:
    importer.write("companies.csv", "id;name;renewal;parent", "1;Acme;soon;")
    importer.write("deals.csv", "id,title,closed,company")
    rejects = tmp_path / "rejects.csv"
    await importer.run(MAPPING, rejects=rejects)
    rows = rejected(rejects)
    rows[1][rows[0].index("renewal")] = "2026-01-31"
    with rejects.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    report = await importer.run(MAPPING, rejects)
    assert report.tallies["company"].created == 1


async def test_without_a_file_for_rejects_nothing_is_written(importer: Importer) -> None:
    write_files(importer)
    with pytest.raises(RowsRefused):
        await importer.run(MAPPING)
    assert await names(importer) == []
    assert await importer.count(tables.pipeline) == 2, "the portal's own two"


async def test_a_file_of_rejects_from_before_no_longer_lists_them(importer: Importer, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    importer.write("companies.csv", "id;name;renewal;parent", "1;Acme;soon;")
    importer.write("deals.csv", "id,title,closed,company")
    await importer.run(MAPPING, rejects=rejects)
    assert len(rejected(rejects)) == 2
    importer.write("companies.csv", "id;name;renewal;parent", "1;Acme;;")
    await importer.run(MAPPING, rejects=rejects)
    assert rejected(rejects) == [OWN]
    await importer.run(MAPPING, rejects=tmp_path / "other.csv")
    assert not (tmp_path / "other.csv").exists()


async def test_rejects_never_overwrite_what_is_imported(refusing: Importer, tmp_path: Path) -> None:
    write_files(refusing)
    deals = (refusing.folder / "deals.csv").read_bytes()
    with pytest.raises(ImportRefused, match="is read by the import; choose another file"):
        await refusing.run(MAPPING, rejects=refusing.folder / "deals.csv")
    assert (refusing.folder / "deals.csv").read_bytes() == deals
    with pytest.raises(ImportRefused, match="cannot be written to"):
        await refusing.run(MAPPING, rejects=tmp_path / "none" / "rejects.csv")
    assert await names(refusing) == []


async def test_a_row_that_is_bad_for_one_import_counts_for_none(importer: Importer, tmp_path: Path) -> None:
    mapping = """
    [[import]]
    file = "people.csv"
    into = "team"
    external_id = "team"
    distinct = true
    [import.properties]
    name = "team"

    [[import]]
    file = "people.csv"
    into = "user"
    external_id = "id"
    team = "team"
    [import.properties]
    name = "name"
    """
    importer.write("people.csv", "id,name,team", "1,Ann,North", "2,,North", "3,,South")
    report = await importer.run(mapping, rejects=tmp_path / "rejects.csv")
    assert await importer.rows(tables.team.c.name) == [("North",)]
    assert report.rejected == 2
