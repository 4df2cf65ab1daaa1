"""gql over HTTP and over WebSocket."""

from typing import Any

from gql import Client
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport


def over_http(url: str, token: str, **options: Any) -> Client:
    headers = {"authorization": f"Bearer {token}"}
    return Client(transport=HTTPXAsyncTransport(url, headers=headers), **options)


def over_websocket(url: str, token: str) -> Client:
    payload = {"authorization": f"Bearer {token}"}
    return Client(transport=WebsocketsTransport(url.replace("http", "ws", 1), init_payload=payload))
