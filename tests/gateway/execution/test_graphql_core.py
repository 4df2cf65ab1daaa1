"""graphql-core's own tests of execution pass with the compiled executor as default."""

import json
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
AWAITED = "what a list gives is awaited with the operation, not in the background after it"
CANCELLATION = "test_cancellation.py::describe_execute_cancellation"
EXECUTOR = "test_executor.py::describe_execute_handles_basic_execution_tasks"
ABRUPT = "test_lists.py::describe_execute_handles_abrupt_completion_in_synchronous_iterables"
ASYNC_LISTS = "test_lists.py::describe_execute_accepts_async_iterables_as_list_value"
NON_NULL = "test_nonnull.py::describe_execute_handles_non_nullable_types"
SEVERAL = f"{NON_NULL}::describe_handles_multiple_errors_for_a_single_response_position"
PARALLEL = "test_parallel.py::describe_parallel_execution::describe_cancel_on_exception"
# Each is run and must fail.
LEFT_OUT = {
    f"{CANCELLATION}::stops_late_sibling_object_completion_after_non_null_bubbling": LATER_SIBLINGS,
    f"{PARALLEL}::cancel_selection_sets": LATER_SIBLINGS,
    f"{PARALLEL}::cancel_lists": LATER_SIBLINGS,
    f"{PARALLEL}::cancel_async_iterators": LATER_SIBLINGS,
    f"{EXECUTOR}::handles_sync_errors_combined_with_async_ones": LATER_SIBLINGS,
    f"{EXECUTOR}::handles_sync_errors_combined_with_async_ones_in_async_context": LATER_SIBLINGS,
    f"{NON_NULL}::describe_nulls_a_complex_tree_of_nullable_fields_each::throws": ONE_ERROR,
    f"{SEVERAL}::nullable_and_non_nullable_root_fields_throw_nested_errors": ONE_ERROR,
    f"{SEVERAL}::slower_nullable_after_non_nullable_root_field": ONE_ERROR,
    f"{SEVERAL}::nullable_and_non_nullable_nested_fields_throw_nested_errors": ONE_ERROR,
    f"{SEVERAL}::slower_nullable_after_non_nullable_nested_field": ONE_ERROR,
    f"{ASYNC_LISTS}::handles_mixture_of_sync_and_async_errors_in_async_iterables": ONE_ERROR,
    f"{ABRUPT}::handles_iterator_errors_with_later_pending_awaitables": AWAITED,
    f"{ABRUPT}::handles_sync_errors_with_later_pending_awaitables": AWAITED,
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
        [sys.executable, "-m", "pytest", *options, "tests/execution"],
        cwd=source,
        env={
            **os.environ,
            "LEFT_OUT": json.dumps({f"tests/execution/{name}": why for name, why in LEFT_OUT.items()}),
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
    assert int(passed[1]) >= 720
    assert f"{len(LEFT_OUT)} xfailed" in done.stdout
