"""Bad rows are reported with file, line, column and reason; without a file for rejects nothing is written."""

import csv
from decimal import Decimal

import pytest

from tabard.errors import RowsRefused
from tabard.records import tables
from tests.tabard.importing.importer import Importer

MAPPING = """
[[property]]
of = "company"
key = "score"
kind = "NUMBER"

[[property]]
of = "company"
key = "vip"
kind = "BOOLEAN"

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
domain = "domain"
employee_count = "staff"
annual_revenue = { column = "revenue", currency_column = "currency", thousands = "," }
renewal_on = "renewal"
score = "score"
vip = "vip"
last_activity_at = "seen"

[import.associations]
parent = "parent"

[[import]]
file = "deals.csv"
into = "deal"
external_id = "id"
stage = "stage"

[import.properties]
name = "title"

[import.associations]
company = { column = "company", by = "name" }
"""
HEADER = "id,name,domain,staff,revenue,currency,renewal,score,vip,seen,parent"
GOOD = "1,Acme,acme.example,5,1000,EUR,2026-01-31,1.5,yes,2026-01-31T10:00:00Z,"

CELLS = {
    "date": (6, "31.01.2026", "renewal", "'31.01.2026' is no date written as %Y-%m-%d"),
    "date that is none": (6, "2026-02-30", "renewal", "'2026-02-30' is no date written as %Y-%m-%d"),
    "number": (7, "1;5", "score", "'1;5' is no number"),
    "number of letters": (3, "five", "staff", "'five' is no number"),
    "number not to be": (3, "nan", "staff", "'nan' is no number"),
    "half an employee": (
        3, "5.5", "staff",
        "5.5 has more than the 0 decimal places of 'employee_count'; 'round = true' would round it",
    ),
    "too many employees": (
        3, "3000000000", "staff", "3000000000 is too large; the largest number that fits is 2147483647",
    ),
    "too large a number": (
        7, "9223372036854775", "score",
        "9223372036854775 is too large; the largest number that fits is 9223372036854.775807",
    ),
    "too exact a number": (
        7, "0.1234567", "score",
        "0.1234567 has more than the 6 decimal places of 'score'; 'round = true' would round it",
    ),
    "a third of a cent": (
        4, "0.333", "revenue", "0.333 has more than the 2 decimal places of EUR; 'round = true' would round it",
    ),
    "too much money": (4, "100000000000000000", "revenue", "100000000000000000 EUR is too large"),
    "grouped wrongly": (4, '"12,34"', "revenue", "'12,34' is no number with thousands mark ','"),
    "currency": (5, "EURO", "revenue", "'EURO' is no ISO 4217 currency code"),
    "yes or no": (
        8, "perhaps", "vip", "'perhaps' is neither true nor false; known are 0, 1, false, n, no, true, y, yes",
    ),
    "instant": (9, "yesterday", "seen", "'yesterday' is no date and time written as iso"),
    "no name": (1, " ", "name", "is empty, but 'name' is needed"),
    "no id": (0, "", "id", "is empty, but identifies the row"),
    "long id": (0, "x" * 256, "id", f"'{'x' * 37}…' has 256 characters; an id has at most 255"),
    "long name": (1, "x" * 256, "name", f"'{'x' * 37}…' has 256 characters; at most 255 fit"),
    "unknown parent": (10, "9", "parent", "there is no company '9', neither in a file nor in the portal"),
    "parent of itself": (10, "1", "parent", "the parent leads in a circle: 1 > 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", CELLS)
async def test_a_bad_cell_is_reported(refusing: Importer, case: str) -> None:
    place, cell, column, reason = CELLS[case]
    cells = GOOD.split(",")
    cells[place] = cell
    refusing.write("companies.csv", HEADER, ",".join(cells))
    refusing.write("deals.csv", "id,title,company,stage")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    assert caught.value.reasons == [f"companies.csv, line 2, column '{column}': {reason}"]
    assert await refusing.count(tables.company) == 0


ROWS = {
    "too few cells": (b"1,Big,Acme", "the row has 3 cells, the header has 4"),
    "too many cells": (b"1,Big,Acme,Open,more", "the row has 5 cells, the header has 4"),
    "a NUL": (b"1,Bi\0g,Acme,Open", "the cell 2, 'Bi\ufffdg', holds a NUL character"),
    "another encoding": (
        b"1,Gr\xf6\xdfe,Acme,Open", "the cell 2, 'Gr\ufffd\ufffde', holds bytes that are not utf-8 text",
    ),
    "text behind a quote": (b'1,"Big"ger,Acme,Open', "text follows the closing quote of a cell"),
    "a quote never closed": (b'1,"Big,Acme,Open', "a quoted cell is opened and never closed"),
    "a huge cell": (
        b"1," + b"x" * 200_000 + b",Acme,Open",
        "a cell is longer than 131,072 characters; perhaps a quote is not closed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
async def test_a_row_that_cannot_be_read_is_reported(refusing: Importer, case: str) -> None:
    row, reason = ROWS[case]
    refusing.write("companies.csv", HEADER, GOOD)
    content = b'id,title,company,stage\n0,"two\nlines",Acme,Open\n' + row
    (refusing.folder / "deals.csv").write_bytes(content)
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    assert caught.value.reasons == [f"deals.csv, line 4: {reason}"]


async def test_a_text_is_as_long_as_one_that_a_client_may_send(refusing: Importer) -> None:
    refusing.write(
        "companies.csv", HEADER, f"1,Acme,{'x' * 65_536},,,,,,,,", f"2,Bold,{'y' * 65_537},,,,,,,,"
    )
    refusing.write("deals.csv", "id,title,company,stage")
    noted = MAPPING.replace('domain = "domain"', 'note = "domain"')
    with pytest.raises(RowsRefused) as caught:
        await refusing.run('[[property]]\nof = "company"\nkey = "note"\n' + noted)
    assert caught.value.reasons == [
        f"companies.csv, line 3, column 'domain': '{'y' * 37}…' has 65,537 characters; at most 65,536 fit"
    ]


async def test_text_that_is_not_in_a_files_encoding_is_reported_up_to_the_end(refusing: Importer) -> None:
    refusing.write("companies.csv", HEADER, GOOD)
    content = "id,title,company,stage\n1,Big,Acme,Open\n".encode("utf-16") + b"\x00\xd8A"
    (refusing.folder / "deals.csv").write_bytes(content)
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING.replace('file = "deals.csv"', 'file = "deals.csv"\nencoding = "utf-16"'))
    assert caught.value.reasons[-1].startswith("deals.csv, line 3: what follows is not utf-16 text")


async def test_every_bad_cell_of_every_bad_row_is_reported_in_the_order_of_the_files(
    refusing: Importer,
) -> None:
    refusing.write("companies.csv", HEADER, GOOD, GOOD.replace("Acme", "Other"), "2,,,x,,,y,,,,3")
    refusing.write("deals.csv", "id,title,company,stage", "1,Big,Nobody,Lost", "2,,Acme,")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    nowhere = "neither in a file nor in the portal"
    assert caught.value.reasons == [
        "companies.csv, line 3, column 'id': '1' is the id of line 2 already",
        "companies.csv, line 4, column 'name': is empty, but 'name' is needed",
        "companies.csv, line 4, column 'staff': 'x' is no number",
        "companies.csv, line 4, column 'renewal': 'y' is no date written as %Y-%m-%d",
        f"companies.csv, line 4, column 'parent': there is no company '3', {nowhere}",
        "deals.csv, line 2, column 'stage': 'Lost' is no stage; there are: Open, Won",
        f"deals.csv, line 2, column 'company': there is no company with the name 'Nobody', {nowhere}",
        "deals.csv, line 3, column 'title': is empty, but 'name' is needed",
        "deals.csv, line 3, column 'stage': is empty, but says the stage; a 'default' would fill it",
    ]
    assert str(caught.value).splitlines()[0] == "nothing was imported; 4 of 5 rows are bad:"
    assert str(caught.value).endswith(
        "Mend them, or pass --rejects FILE to set them aside there and import the rest."
    )


async def test_only_twenty_reasons_are_shown(refusing: Importer) -> None:
    refusing.write("companies.csv", HEADER, *(f"{n},,,,,,,,,," for n in range(1234)))
    refusing.write("deals.csv", "id,title,company,stage")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    lines = str(caught.value).splitlines()
    assert lines[0] == "nothing was imported; 1,234 of 1,234 rows are bad:"
    assert lines[20] == "  - companies.csv, line 21, column 'name': is empty, but 'name' is needed"
    assert lines[21] == "  and 1,214 more"
    assert len(lines) == 23


async def test_a_name_that_two_have_does_not_tell_which_is_meant(refusing: Importer) -> None:
    refusing.write("companies.csv", HEADER, GOOD, "2,ACME,,,,,,,,,")
    refusing.write("deals.csv", "id,title,company,stage", "1,Big,acme,Open")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    reason = "2 of the kind 'company' have the name 'acme'; refer to it by its external id"
    assert caught.value.reasons == [f"deals.csv, line 2, column 'company': {reason}"]


async def test_a_circle_of_parents_is_reported_on_each_of_its_rows(refusing: Importer) -> None:
    row = "{0},C{0},,,,,,,,,{1}"
    parents = [("1", "2"), ("2", "3"), ("3", "1"), ("4", "1"), ("5", "")]
    refusing.write("companies.csv", HEADER, *(row.format(*pair) for pair in parents))
    refusing.write("deals.csv", "id,title,company,stage")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(MAPPING)
    circle = "the parent leads in a circle: 1 > 2 > 3 > 1"
    assert caught.value.reasons == [
        *(f"companies.csv, line {line}, column 'parent': {circle}" for line in (2, 3, 4)),
        "companies.csv, line 5, column 'parent': the company '1' is not imported: see companies.csv, line 2",
    ]


async def test_rows_about_one_thing_must_agree(refusing: Importer) -> None:
    mapping = """
    [[import]]
    file = "people.csv"
    into = "team"
    external_id = "team"
    distinct = true
    [import.properties]
    name = "title"

    [[import]]
    file = "more.csv"
    into = "team"
    external_id = "team"
    [import.properties]
    name = "name"
    """
    refusing.write("people.csv", "team,title", "a,North", "a,North", ",", "a,South")
    refusing.write("more.csv", "team,name", "a,North", "b,East")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(mapping)
    assert caught.value.reasons == [
        "people.csv, line 5: 'name' is 'South' here, but 'North' in people.csv line 2, for the same team, 'a'"
    ]


async def test_a_new_thing_needs_a_row_that_says_all_that_is_needed(refusing: Importer) -> None:
    mapping = """
    [[import]]
    file = "names.csv"
    into = "company"
    external_id = "id"
    [import.properties]
    name = "name"

    [[import]]
    file = "sites.csv"
    into = "company"
    external_id = "id"
    [import.properties]
    domain = "site"
    """
    refusing.write("names.csv", "id,name", "1,Acme")
    refusing.write("sites.csv", "id,site", "1,acme.example", "2,other.example")
    with pytest.raises(RowsRefused) as caught:
        await refusing.run(mapping)
    assert caught.value.reasons == [
        "sites.csv, line 3: no row says the 'name' of the company '2', which is new"
    ]


async def test_what_spreadsheets_do_to_files_is_understood(importer: Importer) -> None:
    content = (
        "\ufeff".encode()
        + b"\r\n id , name ,domain,staff,revenue,currency,renewal,score,vip,seen,parent,,\r\n"
    )
    content += b'1," Acme ",,,"1,234.50",eur,,,,,,,\r\n\r\n,,,,,,,,,,,,\r\n2,"A ""B""\r\nC",,,,,,,,,1,,\r\n'
    (importer.folder / "companies.csv").write_bytes(content)
    importer.write("deals.csv", "id,title,company,stage", "1,Big,ACME,WON")
    report = await importer.run(MAPPING)
    assert report.rows == 3
    company = tables.company
    columns = (company.c.name, company.c.annual_revenue_minor, company.c.annual_revenue_currency)
    assert await importer.rows(*columns) == [('A "B"\r\nC', None, None), ("Acme", 123_450, "EUR")]


async def test_constants_and_rounding_are_as_the_mapping_says(importer: Importer) -> None:
    mapping = MAPPING.replace('score = "score"', "score = { value = 2.5 }").replace(
        'thousands = ","', "multiply = 0.001, round = true"
    )
    importer.write("companies.csv", HEADER, GOOD.replace("1000", "1235.5"))
    importer.write("deals.csv", "id,title,company,stage")
    await importer.run(mapping)
    assert await importer.rows(tables.company.c.annual_revenue_minor) == [(124,)]
    assert await importer.custom(tables.company, "score", "number_value") == {"1": Decimal("2.5")}


async def test_the_progress_says_what_is_done_and_how_far(importer: Importer) -> None:
    importer.write("companies.csv", HEADER, *(f"{n},C{n},,,,,,,,," for n in range(1200)))
    importer.write("deals.csv", "id,title,company,stage", "1,Big,C7,Open")
    await importer.run(MAPPING)
    names = list(dict.fromkeys(step for step, _, _ in importer.steps))
    assert names[:3] == ["Reading companies.csv", "Reading deals.csv", "Checking"]
    assert names[-3:] == ["Writing company", "Writing deal", "Writing"]
    for name in ("Reading companies.csv", "Writing"):
        last = [(done, total) for step, done, total in importer.steps if step == name][-1]
        assert last[0] == last[1] > 0
    assert all(0 <= done <= total for _, done, total in importer.steps)


def test_pythons_limit_of_a_cell_is_the_one_that_the_message_names() -> None:
    assert csv.field_size_limit() == 131_072
