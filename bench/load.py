"""A load generator: ready-made requests over a few keep-alive connections, every answer read and checked."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 4


class WrongAnswer(RuntimeError):
    """The server answered something else than 200; a measurement of that means nothing."""


def get(path: str, token: str = "") -> bytes:
    """The bytes of a GET request."""
    key = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\n".encode()


def post(path: str, body: bytes, signature: str) -> bytes:
    """The bytes of a signed POST of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {signature}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_all(port: int, requests: Sequence[bytes]) -> int:
    """Sends every request over one of the connections and returns how many were answered. Raises WrongAnswer."""
    shares = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(lambda share: _send(port, share), shares))


def time_in_turn(port: int, requests: Sequence[bytes], header: str) -> list[float]:
    """Sends one request after the other over one connection; gives the number in `header` of each answer, in order."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = []
        for request in requests:
            connection.sendall(request)
            head = _read(connection)
            found.append(float(head.partition(header.lower().encode() + b":")[2].split(b"\r\n", 1)[0]))
    return found


def _send(port: int, requests: Sequence[bytes]) -> int:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            connection.sendall(request)
            _read(connection)
    return len(requests)


def _read(connection: socket.socket) -> bytes:
    """The head of the answer, in small letters, once all of its body is there."""
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = bytes(data[:end]).lower()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise WrongAnswer(bytes(data[:400]).decode(errors="replace"))
    length = head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    wanted = end + 4 + int(length or 0)
    while len(data) < wanted:
        data += _more(connection)
    return head


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise WrongAnswer("the server closed the connection")
    return part
