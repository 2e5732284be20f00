"""Which addresses everybody can reach, what an operator may list, and what is refused while it is typed."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from agency.domain.errors import Invalid
from agency.domain.outbound import NOTHING_MORE, check_typed_address, is_public, read_allowance, unmapped

PUBLIC = (
    "8.8.8.8",
    "93.184.216.34",
    "2606:2800:220:1:248:1893:25c8:1946",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)
LOCAL = (
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.1.2.3", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "0.0.0.0",  # noqa: S104 - nothing is bound here
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "100::1", "2001::1", "4000::1", "2606:4700::1%1", "3fff::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::1", "2002:a9fe:a9fe::1",
)  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_open_network_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", LOCAL)
def test_an_address_that_is_local_in_any_form_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


def test_an_address_inside_another_is_found() -> None:
    for text in ("::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::9"):
        assert unmapped(ip_address(text)) == ip_address("10.1.2.3"), text


def test_the_operators_list_holds_names_ports_and_networks() -> None:
    allowance = read_allowance(" 10.1.0.0/16, WMS.internal., erp.internal:8443,[::1]:9000,127.0.0.1 ,")
    assert allowance.names_host("wms.internal", 80)
    assert allowance.names_host("erp.internal", 8443)
    assert not allowance.names_host("erp.internal", 443)
    assert allowance.names_host("::1", 9000)
    assert not allowance.names_host("::1", 9001)
    assert allowance.names_host("127.0.0.1", 5000)
    assert allowance.holds(ip_address("10.1.255.1"))
    assert allowance.holds(ip_address("::ffff:10.1.255.1"))
    assert not allowance.holds(ip_address("10.2.0.1"))
    assert read_allowance("") == NOTHING_MORE


@pytest.mark.parametrize(
    "entry", ["10.1.0.5/16", "https://wms.internal", "a b", "*.internal", "user@host", "host:x"]
)
def test_a_wrong_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a host"):
        read_allowance(f"wms.internal,{entry}")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.kiln.example.com",
        "https://api.kiln.example.com:443/v1",
        "https://8.8.8.8/",
        "https://xn--kln-ema.de",
    ],
)
def test_a_public_address_may_be_typed(url: str) -> None:
    check_typed_address("base_url", url, NOTHING_MORE)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://api.kiln.example.com", "without encryption"),
        ("https://api.kiln.example.com:8443", "port 443 only"),
        ("https://localhost", "private network"),
        ("https://LOCALHOST.", "private network"),
        ("https://wms", "private network"),
        ("https://printer.local/v1", "private network"),
        ("https://metadata.google.internal", "private network"),
        ("https://127.0.0.1", "private network"),
        ("https://127.1", "private network"),
        ("https://0x7f.0.0.1", "private network"),
        ("https://0177.0.0.1", "private network"),
        ("https://2130706433", "private network"),
        ("https://[::1]/", "private network"),
        ("https://[::ffff:10.0.0.1]/", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("https://user:fake@kiln.example.com", "user name"),
        ("https://kiln.example.com\\@10.0.0.1", "user name"),
        ("https://kiln.example.com?x=1", "user name"),
        ("https://", "starts with https"),
        ("ftp://kiln.example.com", "starts with https"),
        ("https://[::1", "starts with https"),
        ("https://kiln.example.com:port", "starts with https"),
    ],
)
def test_an_address_that_can_never_be_called_is_refused_at_its_field(url: str, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refusal:
        check_typed_address("base_url", url, NOTHING_MORE)
    assert refusal.value.field == "base_url"


def test_a_refusal_names_the_host_and_the_remedy_and_the_operator_can_allow_it() -> None:
    with pytest.raises(Invalid, match=r"^wms\.internal .*OUTBOUND_ALLOW"):
        check_typed_address("base_url", "http://wms.internal:8080/v1", NOTHING_MORE)
    check_typed_address("base_url", "http://wms.internal:8080/v1", read_allowance("wms.internal"))
    check_typed_address("base_url", "http://10.1.2.3:8080", read_allowance("10.1.0.0/16"))
