"""The coverage page is up to date, and no mark is lost on the way to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.coverage_table import COMMAND, COVERAGE, PROMISES, CoverageError, coverage, proofs, requirements

AREAS = {"A": 8, "B": 6, "C": 22, "D": 20, "E": 3, "F": 11, "G": 3, "H": 9, "I": 8, "J": 32, "K": 12, "L": 14}
AREAS |= {"M": 17, "N": 2}
MARKED = """
import pytest
pytestmark = [pytest.mark.promise("P1"), pytest.mark.anyio]
@pytest.mark.row("D12", "D13")
def test_one(): ...
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.row("D13"))])
async def test_two(n): ...
@pytest.mark.row("E1")
class TestThree:
    pytestmark = pytest.mark.row("E2")
    @pytest.mark.row("E3")
    def test_four(self): ...
def helper(): ...
"""
LOST = {
    "unknown row": ("@pytest.mark.row('D99')\ndef test_x(): ...", "there is no row D99;"),
    "row as promise": ("@pytest.mark.promise('D12')\ndef test_x(): ...", "there is no promise D12;"),
    "unknown promise": ("pytestmark = pytest.mark.promise('P29')\ndef test_x(): ...", "no promise P29"),
    "computed id": ("@pytest.mark.row(*IDS)\ndef test_x(): ...", "list ids as plain strings"),
    "keyword": ("@pytest.mark.row('D12', by='x')\ndef test_x(): ...", "list ids as plain strings"),
    "no id": ("@pytest.mark.row()\ndef test_x(): ...", "list ids as plain strings"),
    "not called": ("@pytest.mark.row\ndef test_x(): ...", "list ids as plain strings"),
    "on a helper": ("@pytest.mark.row('D12')\ndef helper(): ...", "no test carries this mark"),
    "by a variable": ("d12 = pytest.mark.row('D12')\n@d12\ndef test_x(): ...", "no test carries this mark"),
    "module without tests": ("pytestmark = pytest.mark.row('D12')", "no test carries this mark"),
}


def test_coverage_page_is_what_the_generator_gives() -> None:
    is_current = COVERAGE.read_text(encoding="utf-8") == coverage()
    assert is_current, f"docs/coverage.md is not what requirements.csv and the marks give; run: {COMMAND}"


def test_command_without_arguments_prints_the_page() -> None:
    script = COVERAGE.parents[1] / "tests" / "coverage_table.py"
    printed = subprocess.run([sys.executable, script], capture_output=True, check=True, timeout=60).stdout
    assert printed.decode() == coverage()


def test_every_mark_that_pytest_collects_is_in_the_table(request: pytest.FixtureRequest) -> None:
    named = proofs()
    collected = {
        (name, item.originalname)
        for item in request.session.items
        if isinstance(item, pytest.Function)
        for mark in [*item.iter_markers("row"), *item.iter_markers("promise")]
        for name in mark.args
    }
    assert [(name, test) for name, test in sorted(collected) if test not in named[name]] == []


def test_marks_of_functions_classes_modules_and_parameters_are_read(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED, encoding="utf-8")
    assert proofs(tmp_path) == {
        "P1": {"test_one", "test_two", "test_four"},
        "D12": {"test_one"},
        "D13": {"test_one", "test_two"},
        "E1": {"test_four"},
        "E2": {"test_four"},
        "E3": {"test_four"},
    }


def test_page_counts_areas_and_names_the_tests_of_a_row_in_order(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED, encoding="utf-8")
    lines = coverage(tmp_path).splitlines()
    counts = ["- Customers: 2 / 20", "- Services: 3 / 3", "- All rows: 5 / 167", "- Promises: 1 / 28"]
    assert [line for line in counts if line not in lines] == []
    cells = {line.split(" | ")[0]: line.split(" | ")[-1] for line in lines if " | " in line}
    assert (cells["| D13"], cells["| D14"]) == ("test_one, test_two |", "missing |")


@pytest.mark.parametrize(("source", "message"), LOST.values(), ids=LOST)
def test_mark_that_the_table_would_lose_is_refused(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "test_lost.py").write_text(source, encoding="utf-8")
    with pytest.raises(CoverageError) as refused:
        proofs(tmp_path)
    assert f"{tmp_path.name}/test_lost.py:1: " in str(refused.value)
    assert message in str(refused.value)


def test_source_that_python_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("def test_x(:", encoding="utf-8")
    with pytest.raises(CoverageError, match=r"test_broken\.py:1: .*; mend the file first"):
        proofs(tmp_path)


def test_all_lost_marks_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("@pytest.mark.row('D99')\ndef test_x(): ...", encoding="utf-8")
    (tmp_path / "support.py").write_text("@pytest.mark.row('D12')\ndef test_x(): ...", encoding="utf-8")
    with pytest.raises(CoverageError) as refused:
        proofs(tmp_path)
    places = [line.split(": ")[0] for line in str(refused.value).splitlines()]
    assert places == [f"{tmp_path.name}/support.py:1", f"{tmp_path.name}/test_a.py:1"]


def test_requirements_have_every_id_once_and_in_order() -> None:
    ids = [f"{letter}{number + 1}" for letter, count in AREAS.items() for number in range(count)]
    assert [requirement.row for requirement in requirements()] == ids


def test_promises_have_every_id_once_and_in_order() -> None:
    assert list(PROMISES) == [f"P{number + 1}" for number in range(28)]


def test_requirements_are_short_distinct_sentences() -> None:
    texts = [requirement.text for requirement in requirements()]
    assert [text for text in texts if not text.strip() or len(text) > 240 or "|" in text] == []
    assert len(set(texts)) == len(texts)


def test_each_letter_is_one_area() -> None:
    areas = {(requirement.row[0], requirement.area) for requirement in requirements()}
    assert len(areas) == len({area for _, area in areas}) == len(AREAS)
