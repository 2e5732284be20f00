"""Whom we may call: public addresses by https, and what the operator allows besides (OUTBOUND_ALLOW).

Pure: nothing here asks a name server. `agency.integrations.outbound` resolves, checks with this, and connects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from agency.domain.errors import Invalid
from agency.domain.said import said

Address = IPv4Address | IPv6Address
PORTS = {"https": 443, "http": 80}
REMEDY = said("If this is meant, the operator adds it to OUTBOUND_ALLOW.")

# RFC 4291 section 2.4: everything that is routed today lies in here; the rest is local, mapped or reserved.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_6TO4 = IPv6Network("2002::/16")  # RFC 3056
# IANA's special-purpose registries, where Python releases differ: protocol assignments, relays, documentation.
_SPECIAL = tuple(
    map(
        ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16")
    )
)
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".localdomain", ".lan", ".intranet", ".home.arpa")
# What resolvers read as an IPv4 address in short, octal or hexadecimal form: 127.1, 0177.0.0.1, 0x7f000001.
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)$")


@dataclass(frozen=True)
class Allowance:
    """What may be called besides public https addresses: names (with a port or with any) and networks."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def names_host(self, host: str, port: int) -> bool:
        """True when the operator listed this host, or the network of this literal address."""
        if {(host, port), (host, None)} & self.names:
            return True
        literal = as_literal(host)
        return literal is not None and self.holds(literal)

    def holds(self, address: Address) -> bool:
        """True when the address lies in a listed network."""
        plain = unmapped(address)
        return any(plain.version == network.version and plain in network for network in self.networks)


NOTHING_MORE = Allowance()


def read_allowance(text: str) -> Allowance:
    """Reads "10.1.0.0/16, wms.internal, wms.internal:8443, [::1]:9000". Raises ValueError naming the wrong entry."""
    names: set[tuple[str, int | None]] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for entry in (part.strip() for part in text.split(",")):
        if not entry:
            continue
        try:
            networks.append(ip_network(entry))
        except ValueError:
            names.add(_host_and_port(entry))
    return Allowance(frozenset(names), tuple(networks))


def _host_and_port(entry: str) -> tuple[str, int | None]:
    """A host with or without a port; anything that also looks like a network or a URL is a mistake."""
    try:
        parts = urlsplit(f"//{entry}")
        host, port = plain_host(parts.hostname or ""), parts.port
    except ValueError:
        host, port = "", None
    if not host or any(sign in entry for sign in "/?#@* "):
        raise ValueError(f"{entry!r} is neither a host, host:port nor a network such as 10.1.0.0/16")
    return host, port


def plain_host(host: str) -> str:
    """One spelling per host: lower case, without brackets and the final dot of a full name."""
    bare = host.strip("[]").rstrip(".").lower()
    literal = as_literal(bare)
    return bare if literal is None else str(literal)


def split_address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an http or https address. Raises ValueError when it has none."""
    parts = urlsplit(url)
    host = plain_host(parts.hostname or "")
    if not host or parts.scheme not in PORTS:
        raise ValueError("no http address")
    return parts.scheme, host, parts.port or PORTS[parts.scheme]


def as_literal(host: str) -> Address | None:
    """The address that a host is written as, None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def unmapped(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped, 6to4 or NAT64 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """True for an address that everybody can reach: not private, loopback, link-local, shared (RFC 6598), multicast,
    unspecified, documentation or reserved, in whatever form it is wrapped.
    """
    plain = unmapped(address)
    if isinstance(plain, IPv6Address) and (plain not in _GLOBAL_UNICAST or plain.scope_id is not None):
        return False
    if any(plain.version == network.version and plain in network for network in _SPECIAL):
        return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


# What `check_typed_address` makes of the ends of sentences below, written down for the translators.
TYPED = frozenset(
    {
        said("{host} is an address inside a private network, which is not called."),
        said("{host} is a name inside a private network, which is not called."),
        said("{host} is not called without encryption; the address must start with https://."),
        said("{host} is called on port 443 only, not on {port}."),
    }
)


def check_typed_address(field: str, url: str, allowance: Allowance) -> None:
    """Raises Invalid when an address that a person typed can never be called, without asking a name server."""
    try:
        scheme, host, port = split_address(url)
    except ValueError:
        raise Invalid(field, "Enter the address of the supplier's API; it starts with https://.") from None
    if any(sign in url for sign in "?#@\\"):
        raise Invalid(field, "Enter the address without a user name and without the signs @ ? # and \\.")
    if allowance.names_host(host, port):
        return
    problem = why_never(scheme, host, port)
    if problem:
        raise Invalid(field, f"{host} {problem}. {REMEDY}")


def why_never(scheme: str, host: str, port: int) -> str:
    """What is wrong with a host that the operator did not list, as the end of a sentence; empty when nothing is."""
    literal = as_literal(host)
    if literal is not None and not is_public(literal):
        return "is an address inside a private network, which is not called"
    if literal is None and _is_local_name(host):
        return "is a name inside a private network, which is not called"
    if scheme != "https":
        return "is not called without encryption; the address must start with https://"
    if port != PORTS["https"]:
        return f"is called on port 443 only, not on {port}"
    return ""


def _is_local_name(host: str) -> bool:
    return "." not in host or host.endswith(_LOCAL_ENDINGS) or bool(_NUMBER.match(host.rpartition(".")[2]))
