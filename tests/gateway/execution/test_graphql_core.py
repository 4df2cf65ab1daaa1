"""graphql-core's own tests of execution pass with the compiled executor as default."""

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LATER_SIBLINGS = "siblings of a failed non-null field still run, as the specification allows"
ONE_ERROR = "below a null the errors are those before it in the document, not those before it in time"
DRAINED = "a list is read to its end before its items are completed"
LEFT_OUT = {
    "stops_late_sibling_object_completion_after_non_null_bubbling": LATER_SIBLINGS,
    "cancel_selection_sets": LATER_SIBLINGS,
    "cancel_lists": LATER_SIBLINGS,
    "cancel_async_iterators": LATER_SIBLINGS,
    "handles_sync_errors_combined_with_async_ones": ONE_ERROR,
    "handles_sync_errors_combined_with_async_ones_in_async_context": ONE_ERROR,
    "describe_nulls_a_complex_tree_of_nullable_fields_each and throws": ONE_ERROR,
    "nullable_and_non_nullable_root_fields_throw_nested_errors": ONE_ERROR,
    "slower_nullable_after_non_nullable_root_field": ONE_ERROR,
    "nullable_and_non_nullable_nested_fields_throw_nested_errors": ONE_ERROR,
    "slower_nullable_after_non_nullable_nested_field": ONE_ERROR,
    "handles_mixture_of_sync_and_async_errors_in_async_iterables": ONE_ERROR,
    "drains_the_iterator_when_next_throws": DRAINED,
    "handles_iterator_errors_with_later_pending_awaitables": DRAINED,
    "handles_sync_errors_with_later_pending_awaitables": DRAINED,
    "calls_aclose_when_non_null_list_item_errors": DRAINED,
}


def fetched(folder: Path) -> Path:
    """graphql-core's source distribution, of the installed version, and the plugin its tests need."""
    core = f"graphql-core=={version('graphql-core')}"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    source = folder / core.replace("-", "_").replace("==", "-")
    if not source.exists():
        _run(
            [
                *pip,
                "install",
                "--no-deps",
                "--target",
                str(folder / "extra"),
                "pytest-describe",
                "pytest-timeout",
            ]
        )
        _run([*pip, "download", "--no-deps", "--no-binary", "graphql-core", "-d", str(folder), core])
        with tarfile.open(next(folder.glob("graphql_core-*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return source


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=280)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"GRAPHQL-CORE'S OWN TESTS DID NOT RUN: they cannot be fetched ({error})")


def test_graphql_cores_own_execution_tests_pass_compiled(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("graphql-core")
    source = fetched(folder)
    unwanted = " or ".join(f"({name})" for name in LEFT_OUT)
    options = [
        "-q",
        "-p",
        "compiled_by_default",
        "-o",
        "addopts=",
        "-o",
        "timeout=30",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", f"not ({unwanted})", "tests/execution"],
        cwd=source,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (folder / "extra", Path(__file__).parent, ROOT))),
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout[-3_000:]
    assert passed is not None
    assert int(passed[1]) >= 700
