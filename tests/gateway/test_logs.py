"""Logs: what a failure looks like to whoever runs the server."""

import logging

import orjson
import pytest
import structlog
from structlog.contextvars import bound_contextvars

from gateway.logs import configure_logs

TOKEN = "eyJhbGciOi.hidden.signature"


def fail(token: str) -> None:
    """Fails with a secret in a variable."""
    raise LookupError(f"a token of {len(token)} characters is not known")


def log_failure() -> None:
    """Logs a failure as the edge does."""
    try:
        fail(TOKEN)
    except LookupError as error:
        structlog.get_logger().error("request.failed", exc_info=error)


@pytest.mark.promise("P15")
@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_traceback_shows_no_variables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    configure_logs(logging.INFO)
    log_failure()
    written = capsys.readouterr().err
    assert "LookupError: a token of 27 characters is not known" in written
    assert "in fail" in written
    assert TOKEN not in written


def test_a_machine_reads_one_object_a_line_with_the_requests_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.INFO)
    with bound_contextvars(request_id="0123456789"):
        log_failure()
        structlog.get_logger().debug("nothing of note")
    (line,) = capsys.readouterr().err.splitlines()
    entry = orjson.loads(line)
    assert (entry["event"], entry["level"], entry["request_id"]) == ("request.failed", "error", "0123456789")
    assert entry["exception"].startswith("Traceback")
