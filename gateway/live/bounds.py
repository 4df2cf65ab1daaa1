"""Bounds: how many streams are kept open, and how long they wait; each is a setting of the operator."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class Bounds(BaseModel):
    """The bounds of WebSockets and event streams, with the defaults that the documentation promises."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    process: PositiveInt = 1_000
    """Connections that one process keeps open."""
    user: PositiveInt = 20
    """Connections of one user in a process; all callers without a token count as one."""
    operations: PositiveInt = 50
    """Operations that run on a WebSocket at the same time."""
    message_bytes: PositiveInt = 65_536
    """Bytes of a message that a WebSocket receives."""
    init_seconds: PositiveFloat = 10.0
    """Seconds in which a WebSocket has to send `connection_init`."""
    recheck_seconds: PositiveFloat = 30.0
    """Seconds after which a running stream's token and permissions are checked again; each event checks them too."""
    send_seconds: PositiveFloat = 30.0
    """Seconds in which a client has to take what it is sent."""
    heartbeat_seconds: PositiveFloat = 12.0
    """Seconds after which a connection on which nothing happens shows that it is alive."""
