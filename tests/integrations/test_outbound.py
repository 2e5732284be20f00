"""The gate to the outside: checked after resolution, connected to what was checked, closed when in doubt."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from agency.domain.errors import Unavailable
from agency.domain.outbound import read_allowance
from agency.integrations.http import Ask, ReadClient, tls_context
from agency.integrations.one_shot import OneShot, WriteRequest
from agency.integrations.outbound import Guard, NotCalled
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.suppliers.registry import open_supplier
from agency.integrations.tiktok.auth import TikTokAuth
from tests.integrations.local import LOCAL
from tests.integrations.raw_server import RawServer, Script, reply, say
from tests.integrations.tls_peer import TlsPeer

Peer = Callable[[Script], RawServer]
OK = reply("200 OK", b"{}")
NAME = "kiln.example.test"
WRITE = WriteRequest("POST", "/orders", {}, b"{}")


class Resolver:
    """The name server of these tests: a name's answers in turn, the last one for ever."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real = real
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: Any, *rest: Any, **more: Any) -> Any:
        try:
            ip_address(host)
        except ValueError:
            self.asked.append(host)
        else:
            return self._real(host, port, *rest, **more)
        answers = self.answers.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "fake: no such name")
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for address in now for entry in self._real(address, port, type=socket.SOCK_STREAM)]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that somebody tried to connect to; none of them answers."""
    tried: list[str] = []

    def refuse(address: tuple[str, int], *_rest: Any, **_more: Any) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


@pytest.fixture
def tls_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsPeer]:
    """A peer whose certificate is trusted while the test lasts."""
    peer = TlsPeer(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(peer.certificate))
    tls_context.cache_clear()
    yield peer
    tls_context.cache_clear()
    peer.close()


def read(url: str, guard: Guard) -> int:
    client = ReadClient(10.0, guard)
    try:
        return client.ask(Ask("GET", url, "test read")).status
    finally:
        client.close()


def write(url: str, guard: Guard) -> int:
    return OneShot.open(url, 10.0, "test write", guard).send(WRITE, "REF-1", time.monotonic()).status


BOTH = pytest.mark.parametrize("call", [read, write])


@BOTH
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing is bound here
        "::1",
        "::ffff:127.0.0.1",
        "fd00::1",
    ],
)
def test_a_name_that_leads_inside_is_not_called(
    resolver: Resolver, knocks: list[str], call: Callable[[str, Guard], int], address: str
) -> None:
    resolver.answers[NAME] = [[address]]
    with pytest.raises(Unavailable, match=rf"{NAME} leads into a private network.*OUTBOUND_ALLOW") as closed:
        call(f"https://{NAME}", Guard())
    assert knocks == []
    assert address not in str(closed.value), "a tenant learns nothing of the network inside"
    assert closed.value.retry_after == 300.0


@BOTH
def test_one_private_address_among_public_ones_closes_the_gate(
    resolver: Resolver, knocks: list[str], call: Callable[[str, Guard], int]
) -> None:
    resolver.answers[NAME] = [["93.184.216.34", "10.0.0.5"]]
    with pytest.raises(Unavailable, match="private network"):
        call(f"https://{NAME}", Guard())
    assert knocks == []


@BOTH
def test_a_second_answer_of_the_name_server_is_never_asked_for(
    resolver: Resolver, knocks: list[str], call: Callable[[str, Guard], int]
) -> None:
    resolver.answers[NAME] = [["93.184.216.34"], ["127.0.0.1"]]
    guard = Guard()
    with pytest.raises(Unavailable):
        OneShot.open(f"https://{NAME}", 1.0, "test write", guard) if call is write else ReadClient(
            1.0, guard
        ).ask(Ask("GET", f"https://{NAME}", "test read", repeatable=False))
    assert knocks == ["93.184.216.34"]
    assert resolver.asked == [NAME]


@BOTH
def test_the_connection_goes_to_the_checked_address_with_tls_and_host_of_the_name(
    resolver: Resolver, tls_peer: TlsPeer, call: Callable[[str, Guard], int]
) -> None:
    resolver.answers[NAME] = [["127.0.0.1"], ["127.0.0.2"]]
    url = f"https://{NAME}:{tls_peer.port}"
    assert call(url, Guard.to([url], read_allowance("127.0.0.1"))) == 200
    assert tls_peer.seen == [("127.0.0.1", NAME, f"{NAME}:{tls_peer.port}")]
    with pytest.raises(Unavailable, match="private network"):
        call(url, Guard.to([url], read_allowance("127.0.0.1")))
    assert len(tls_peer.seen) == 1


@BOTH
def test_a_certificate_for_another_name_is_refused_although_the_address_is_right(
    resolver: Resolver, tls_peer: TlsPeer, call: Callable[[str, Guard], int]
) -> None:
    resolver.answers["other.example.test"] = [["127.0.0.1"]]
    url = f"https://other.example.test:{tls_peer.port}"
    with pytest.raises(Unavailable):
        call(url, Guard.to([url], read_allowance("127.0.0.1")))
    assert tls_peer.seen == []


@BOTH
def test_a_name_without_an_address_is_not_called(
    resolver: Resolver, knocks: list[str], call: Callable[[str, Guard], int]
) -> None:
    with pytest.raises(Unavailable, match=f"{NAME} was not found in DNS"):
        call(f"https://{NAME}", Guard())
    assert knocks == []


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}", "http://localhost:{port}", "https://127.0.0.1", "https://[::1]",
        "https://[::ffff:127.0.0.1]", "https://127.1", "https://2130706433", "https://0x7f000001", "http://8.8.8.8",
        "https://8.8.8.8:22", "", "ftp://8.8.8.8", "//8.8.8.8", "https:///orders", "https://8.8.8.8:http",
    ],
)  # fmt: skip
def test_without_the_operators_word_nothing_local_or_plain_is_called(
    peer: Peer, call: Callable[[str, Guard], int], url: str
) -> None:
    server = peer(say(OK))
    with pytest.raises(Unavailable):
        call(url.format(port=server.url.rpartition(":")[2]), Guard())
    assert server.connections == 0


@BOTH
@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/8", "127.0.0.1:{port}"])
def test_what_the_operator_lists_is_called(
    peer: Peer, call: Callable[[str, Guard], int], listed: str
) -> None:
    server = peer(say(OK))
    port = server.url.rpartition(":")[2]
    assert call(server.url, Guard(read_allowance(listed.format(port=port)))) == 200


@BOTH
def test_a_listed_name_is_called_wherever_it_leads(
    resolver: Resolver, peer: Peer, call: Callable[[str, Guard], int]
) -> None:
    resolver.answers["wms.internal"] = [["127.0.0.1"]]
    server = peer(say(OK))
    port = server.url.rpartition(":")[2]
    assert call(f"http://wms.internal:{port}", Guard(read_allowance("wms.internal"))) == 200


@BOTH
def test_a_redirect_inside_is_handed_back_and_not_followed(
    peer: Peer, call: Callable[[str, Guard], int]
) -> None:
    inside = peer(say(OK))
    server = peer(say(reply("302 Found", b"", f"Location: {inside.url}\r\n")))
    assert call(server.url, LOCAL) == 302
    assert inside.connections == 0


def test_an_address_that_does_not_answer_gives_way_to_the_next_checked_one(
    resolver: Resolver, peer: Peer
) -> None:
    server = peer(say(OK))
    port = int(server.url.rpartition(":")[2])
    resolver.answers["wms.internal"] = [["127.0.0.9", "127.0.0.1"]]
    guard = Guard(read_allowance("wms.internal"))
    assert read(f"http://wms.internal:{port}", guard) == 200
    assert write(f"http://wms.internal:{port}", guard) == 200
    assert resolver.asked == ["wms.internal"] * 2


def test_a_proxy_of_the_environment_is_not_used(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = peer(say(OK)), peer(say(OK))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert (read(server.url, LOCAL), write(server.url, LOCAL)) == (200, 200)
    assert proxy.connections == 0


def test_reads_keep_their_connection(peer: Peer) -> None:
    def script(sock: socket.socket, _: int) -> None:
        sock.sendall(OK)
        sock.recv(65536)
        sock.sendall(OK)

    server = peer(script)
    client = ReadClient(10.0, LOCAL)
    assert [client.ask(Ask("GET", server.url, "test read")).status for _ in range(2)] == [200, 200]
    assert server.connections == 1
    client.close()


@BOTH
def test_tiktoks_clients_call_the_configured_hosts_and_no_others(
    peer: Peer, call: Callable[[str, Guard], int]
) -> None:
    configured, other = peer(say(OK)), peer(say(OK))
    guard = Guard.to([configured.url], read_allowance("127.0.0.1"))
    assert call(configured.url, guard) == 200
    with pytest.raises(Unavailable, match="not among the configured addresses"):
        call(other.url, guard)
    assert other.connections == 0


def test_adapters_that_are_told_nothing_call_nothing_local(peer: Peer) -> None:
    server = peer(say(OK))
    supplier = open_supplier(SupplierConnection("rest", server.url, "USD", {}, {"api_key": "fake"}))
    with pytest.raises(Unavailable):
        supplier.find("fake-reference")
    with pytest.raises(Unavailable):
        TikTokAuth(server.url, server.url, "fake-key", "fake-secret").exchange("fake-code")
    assert server.connections == 0


def test_no_socket_of_this_machine_is_opened() -> None:
    client = ReadClient(10.0, LOCAL)
    with pytest.raises(Unavailable):
        client.ask(Ask("GET", "http+unix:///run/fake.sock", "test read"))
    with pytest.raises(NotCalled, match="private network"):
        Guard().open_socket("127.0.0.1", 80, 1.0)
    client.close()
