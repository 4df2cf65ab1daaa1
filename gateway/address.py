"""Address: the socket that a server listens on, taken before anything else is begun."""

from __future__ import annotations

import errno
import ipaddress
import socket

from tabard.errors import AddressUnavailable

BACKLOG = 2_048


def taken(host: str, port: int) -> socket.socket:
    """A socket at the address, on which nobody listens yet; port 0 takes any that is free.

    Raises AddressUnavailable.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressUnavailable(f"the host '{host}' has no address here: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AddressUnavailable(_why(host, port, error)) from error
    return listener


def listen(listener: socket.socket) -> None:
    """Lets clients connect, who wait from now on; raises AddressUnavailable when another program was faster."""
    host, port = listener.getsockname()[:2]
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise AddressUnavailable(_why(host, port, error)) from error


def shown(listener: socket.socket) -> str:
    """The address as a URL begins: `http://127.0.0.1:8000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address reaches this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken by another program; stop that one, or choose another with --port"
        )
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is reserved for administrators; choose one above 1023 with --port"
    return f"{host}, port {port}, cannot be listened on: {error.strerror}"
