"""Which network addresses a feed may be fetched from."""

import ipaddress
import socket
import threading
from collections.abc import Sequence

from newsletter.articles.fetch_errors import Permanent, Temporary

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")


class Guard:
    """The rule for addresses: public ones, and those the operator allows by name or number.

    An entry of `allow` is a host name, an address or a network, each optionally with a port:
    `feeds.intranet.example`, `127.0.0.1:8080`, `10.0.0.0/8`, `[::1]:80`.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._allowed = tuple(_split_port(entry) for entry in allow)

    def resolve(self, host: str, port: int, *, seconds: float) -> list[str]:
        """Return the addresses to connect to; refuse the host if a single one of them is bad."""
        addresses = _look_up(host, port, seconds)
        if not addresses:
            raise Temporary(f"The name {host} has no address.")
        for address in addresses:
            if not self._permits(host, port, address):
                raise Permanent(f"{host} leads to an internal address, which is not allowed.")
        return addresses

    def _permits(self, host: str, port: int, address: str) -> bool:
        number = ipaddress.ip_address(address)
        if is_public(number):
            return True
        return any(
            _matches(name, host, number)
            for name, only_port in self._allowed
            if only_port in (None, port)
        )


def is_public(address: Address) -> bool:
    """Tell whether an address, and any IPv4 address wrapped inside it, is on the open internet."""
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    inner = _wrapped(address)
    if inner:
        return all(is_public(each) for each in inner)
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not odd


def _wrapped(address: Address) -> list[ipaddress.IPv4Address]:
    """Take the IPv4 addresses out of mapped, compatible, NAT64, 6to4 and Teredo forms."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return []


def _matches(name: str, host: str, number: Address) -> bool:
    try:
        return number in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return name.lower().rstrip(".") == host.lower().rstrip(".")


def _split_port(entry: str) -> tuple[str, int | None]:
    entry = entry.strip()
    if entry.startswith("["):
        name, _, port = entry[1:].partition("]")
        return name, int(port[1:]) if port[1:].isdigit() else None
    name, colon, port = entry.rpartition(":")
    if colon and ":" not in name and port.isdigit():
        return name, int(port)
    return entry, None


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Resolve a name with a time limit; the system's resolver knows none, hence the thread."""
    found: list[str] = []
    errors: list[Exception] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]) for answer in answers)
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=ask, name="feed-name-lookup", daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if thread.is_alive():
        raise Temporary(f"Looking up the name {host} took too long.")
    if errors and isinstance(errors[0], UnicodeError):
        raise Permanent(f"{host} is not a valid host name.")
    if errors:
        raise Temporary(f"The name {host} could not be looked up.")
    return list(dict.fromkeys(found))
