"""Logs: what a failure looks like to whoever runs the server."""

import ast
import logging
from pathlib import Path

import orjson
import pytest
import structlog
from structlog.contextvars import bound_contextvars

import gateway
import tabard
from gateway.logs import FIELDS, configure_logs

PLUGINS = [*(Path(gateway.__file__).parents[1] / "plugins").iterdir()]
TOKEN = "eyJhbGciOi.hidden.signature"


def fail(token: str) -> None:
    """Fails with a secret in a variable."""
    raise LookupError(f"a token of {len(token)} characters is not known")


def log_failure() -> None:
    """Logs a failure as the edge does."""
    try:
        fail(TOKEN)
    except LookupError as error:
        structlog.get_logger().error("request failed", exc_info=error)


@pytest.mark.promise("P15")
@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("shows_messages", [False, True])
def test_a_traceback_shows_no_variables(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,
    shows_messages: bool,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    configure_logs(logging.INFO, shows_messages=shows_messages)
    log_failure()
    written = capsys.readouterr().err
    assert ("LookupError: a token of 27 characters is not known" in written) == shows_messages
    assert "LookupError: " in written
    assert "in fail" in written
    assert TOKEN not in written


def test_a_machine_reads_one_object_a_line_with_the_requests_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.INFO)
    with bound_contextvars(request_id="0123456789"):
        log_failure()
        structlog.get_logger().debug("nothing of note")
    (line,) = capsys.readouterr().err.splitlines()
    entry = orjson.loads(line)
    assert (entry["event"], entry["level"], entry["request_id"]) == ("request failed", "error", "0123456789")
    assert entry["exception"].startswith("Traceback")


@pytest.mark.promise("P15")
def test_what_is_not_on_the_list_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.INFO)
    structlog.get_logger().warning("signed in", authorization=TOKEN, request_id="0123456789", variables=TOKEN)
    written = capsys.readouterr().err
    assert TOKEN not in written
    assert orjson.loads(written)["request_id"] == "0123456789"


@pytest.mark.promise("P15")
def test_every_field_that_is_logged_is_on_the_list_and_every_one_on_it_is_logged() -> None:
    made = {"event", "exception", "level", "request_id", "timestamp"}
    assert {*logged_fields(), *made} - {"exc_info"} == FIELDS


def logged_fields() -> set[str]:
    """The names of the fields in all calls that log."""
    roots = [Path(gateway.__file__).parent, Path(tabard.__file__).parent, *PLUGINS]
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for root in roots for path in sorted(root.rglob("*.py"))
    ]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    logging_calls = [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    ]
    return {str(keyword.arg) for call in logging_calls for keyword in call.keywords}


@pytest.mark.promise("P15")
def test_a_cause_is_told_by_its_kind_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.INFO)
    try:
        try:
            int(TOKEN)
        except ValueError as error:
            raise ExceptionGroup(TOKEN, [KeyError(TOKEN)]) from error
    except ExceptionGroup as group:
        structlog.get_logger().error("request failed", exc_info=group)
    written = capsys.readouterr().err
    assert TOKEN not in written
    assert [kind in written for kind in ("ValueError", "ExceptionGroup", "KeyError", "which led to")] == [
        True
    ] * 4


@pytest.mark.promise("P15")
def test_a_library_is_quoted_by_its_first_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.INFO)
    try:
        fail(TOKEN)
    except LookupError:
        said = f"Task exception was never retrieved\nfuture: <Task exception={TOKEN}>"
        logging.getLogger("asyncio").exception(said)
    logging.getLogger("some.library").warning("refused %s", TOKEN)
    written = capsys.readouterr().err
    assert TOKEN not in written
    first, second = map(orjson.loads, written.splitlines())
    assert first["event"] == "asyncio: Task exception was never retrieved"
    assert "LookupError" in first["exception"]
    assert second["event"] == "some.library: refused %s"
