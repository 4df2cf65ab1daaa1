"""Addresses: a server's socket is taken before anything else is begun, or one sentence says why not."""

import os
import socket

import pytest

from gateway.address import listen, shown, taken
from tabard.errors import AddressUnavailable

TAKEN = "port {} of 127.0.0.1 is taken by another program; stop that one, or choose another with --port"


def test_a_free_port_is_listened_on() -> None:
    with taken("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert shown(listener) == f"http://127.0.0.1:{port}"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
        listen(listener)
        socket.create_connection(("127.0.0.1", port), timeout=10).close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_address_of_version_6_is_shown_in_brackets() -> None:
    try:
        listener = taken("::1", 0)
    except AddressUnavailable as absence:
        pytest.skip(f"NO IPv6 WAS TESTED: {absence}")
    with listener:
        assert shown(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_taken_port_is_refused() -> None:
    with taken("127.0.0.1", 0) as first:
        listen(first)
        port = first.getsockname()[1]
        with pytest.raises(AddressUnavailable) as refused:
            taken("127.0.0.1", port)
    assert str(refused.value) == TAKEN.format(port)


@pytest.mark.skipif(os.name == "nt", reason="Windows gives a port to one program only")
def test_a_port_that_another_program_listens_on_first_is_refused() -> None:
    with taken("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with taken("127.0.0.1", port) as second:
            listen(first)
            with pytest.raises(AddressUnavailable) as refused:
                listen(second)
    assert str(refused.value) == TAKEN.format(port)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may take every port")
def test_a_reserved_port_is_refused() -> None:
    with pytest.raises(AddressUnavailable) as refused:
        taken("127.0.0.1", 80)
    assert str(refused.value) == (
        "port 80 of 127.0.0.1 is reserved for administrators; choose one above 1023 with --port"
    )


def test_a_host_that_is_not_here_is_refused() -> None:
    with pytest.raises(AddressUnavailable, match=r"^192\.0\.2\.1, port 8000, cannot be listened on: "):
        taken("192.0.2.1", 8000)


def test_a_host_without_an_address_is_refused() -> None:
    with pytest.raises(AddressUnavailable, match=r"^the host 'nowhere\.invalid' has no address here: "):
        taken("nowhere.invalid", 8000)
