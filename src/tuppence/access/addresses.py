"""Addresses that people enter for providers: which of them Tuppence is willing to send requests to."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

IPAddress = IPv4Address | IPv6Address
Resolve = Callable[[str], Awaitable[list[IPAddress]]]
"""The addresses of a host's name; none when there is no such host. Raises OSError, TimeoutError."""

_PATIENCE = 10.0  # seconds for looking a name up
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")

# Where clouds tell a machine's own secrets to whoever asks from inside it.
_METADATA_NAMES: Final = (
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
)
_METADATA_ADDRESSES: Final = frozenset(
    ip_address(address)
    for address in (
        "169.254.169.254",  # nearly all of them
        "fd00:ec2::254",  # Amazon
        "fd00:ec2::23",
        "fd20:ce::254",  # Google
        "fd00:42::42",  # Scaleway
        "fd00:c1::a9fe:a9fe",  # Oracle
        "192.0.0.192",
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
    )
)
_NOWHERE: Final = (
    IPv4Network("0.0.0.0/8"),  # "this host"
    IPv4Network("240.0.0.0/4"),  # reserved, and broadcast
    IPv6Network("64:ff9b:1::/48"),  # a network's own translation to IPv4, who knows to which
)
_ENDING_IN_IPV4: Final = (
    IPv6Network("::ffff:0:0/96"),  # mapped
    IPv6Network("::ffff:0:0:0/96"),  # translated (SIIT)
    IPv6Network("64:ff9b::/96"),  # NAT64
    IPv6Network("::/96"),  # compatible
)


class AddressRefused(ValueError):
    """The address will not be used; the message says why and what would do."""


async def checked_address(url: str, private_allowed: bool, *, resolve: Resolve | None = None) -> str:
    """The address in one spelling, fit to be stored and compared: lower case, no default port, no slash at the end.

    Whatever the spelling, link-local, metadata, multicast and unspecified addresses are refused; loopback and private
    ones, too, unless `private_allowed`. For a name, every address it has now must be fit. Raises AddressRefused.

    It protects from what people enter. It does not protect from a name whose owner lets it point elsewhere afterwards
    (DNS rebinding): the client looks it up again when it connects. To make that hard, call this again whenever a
    provider is opened, not only when its address is entered; to make it impossible, the client would have to connect
    to the very addresses that were checked. Nor does it protect from redirects, which a client must not follow.

    resolve: looks names up; None: as the system does.
    """
    parts = _parts(url)
    host = (parts.hostname or "").rstrip(".")
    address = literal_address(host)
    if address is not None:
        found = [address]
    elif host in _METADATA_NAMES:
        raise _never(host)
    elif not _NAME.fullmatch(host):
        raise AddressRefused(f"“{host}” is no host's name. Write it with plain letters, digits, dots and hyphens.")
    else:
        found = await _addresses_of(host, resolve or resolved)
    for one in found:
        _check(host, one, private_allowed)
    return _written(parts, host if address is None else str(address))


def literal_address(host: str) -> IPAddress | None:
    """The IP address that `host` is a spelling of, None when it is a name.

    Systems take IPv4 addresses in many forms: 127.1, 2130706433, 0x7f.0.0.1 and 0177.0.0.1 are all 127.0.0.1.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def resolved(host: str) -> list[IPAddress]:
    """The addresses of a host, asked of the system in a thread. Raises OSError, TimeoutError."""
    async with asyncio.timeout(_PATIENCE):
        answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]


# ----------------------------------------------------------------------------------------------------------- reading


def _parts(url: str) -> SplitResult:
    """The parts of an http address without anything that clients read differently. Raises AddressRefused."""
    url = url.strip()
    if not url.isascii() or not url.isprintable() or any(character in url for character in ' \\<>"^`{|}'):
        raise AddressRefused(
            "The address has a character that does not belong in it. Write it with plain letters; a name in another "
            "script has a plain form that begins with xn--."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("That is no address. It should look like https://api.example.com/v1") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("The address has to begin with https:// or http://")
    if not (parts.hostname or "").strip(".") or port == 0 or "%" in parts.netloc:
        raise AddressRefused("That is no address. It should look like https://api.example.com/v1")
    if "@" in parts.netloc:
        raise AddressRefused("The address may not hold a name or a password. Enter the key in its own field.")
    if "?" in url or "#" in url:
        raise AddressRefused("The address has to end with its path. Leave out what follows the ? or #")
    return parts


def _written(parts: SplitResult, host: str) -> str:
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{port}{parts.path.rstrip('/')}"


# ----------------------------------------------------------------------------------------------------------- judging


async def _addresses_of(host: str, resolve: Resolve) -> list[IPAddress]:
    try:
        found = await resolve(host)
    except (OSError, TimeoutError) as error:
        raise AddressRefused(f"“{host}” could not be looked up. Check its spelling, and the network.") from error
    if not found:
        raise AddressRefused(f"There is no host called “{host}”. Check its spelling.")
    return found


def _check(host: str, address: IPAddress, private_allowed: bool) -> None:
    """Raise AddressRefused unless `address`, and every address that is wrapped in it, may be reached."""
    for one in _unwrapped(address):
        if _is_never_fit(one):
            raise _never(host)
        if not private_allowed and (not one.is_global or _is_site_local(one)):
            raise AddressRefused(
                f"“{host}” is an address of this machine or its own network. Whoever runs this Tuppence can allow "
                "those in its settings; otherwise choose a public one."
            )


def _is_never_fit(address: IPAddress) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA_ADDRESSES
        or any(address in network for network in _NOWHERE if network.version == address.version)
    )


def _is_site_local(address: IPAddress) -> bool:
    return isinstance(address, IPv6Address) and address.is_site_local


def _never(host: str) -> AddressRefused:
    return AddressRefused(f"“{host}” is not a place where a provider can be. Choose another address.")


def _unwrapped(address: IPAddress) -> Iterator[IPAddress]:
    """The address, unless it only stands for IPv4 ones to which it is translated or tunnelled: then those."""
    if isinstance(address, IPv4Address):
        yield address
    elif int(address) > 1 and any(address in network for network in _ENDING_IN_IPV4):  # ::1 and :: are themselves
        yield IPv4Address(address.packed[-4:])
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    else:
        yield address
