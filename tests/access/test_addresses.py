"""Which addresses may be asked: whatever the spelling, none that tells a machine's own secrets."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.access.addresses import AddressRefused, IPAddress, Resolve, checked_address, literal_address

pytestmark = pytest.mark.anyio


def answering(*addresses: str) -> Resolve:
    """A look-up in which every name has these addresses."""

    async def resolve(host: str) -> list[IPAddress]:
        return [ip_address(address) for address in addresses]

    return resolve


PUBLIC = answering("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")


async def refused(url: str, *, private_allowed: bool = False, resolve: Resolve = PUBLIC) -> bool:
    try:
        await checked_address(url, private_allowed, resolve=resolve)
    except AddressRefused:
        return True
    return False


# ---------------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("  HTTPS://API.Example.COM:443/v1/  ", "https://api.example.com/v1"),
        ("http://api.example.com.:8080/", "http://api.example.com:8080"),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("https://8.8.8.8/Path/", "https://8.8.8.8/Path"),
        ("https://0x08080808", "https://8.8.8.8"),
        ("https://[2606:4700:0:0::1111]:443/v1", "https://[2606:4700::1111]/v1"),
        ("https://my_host.example.com/a%20b", "https://my_host.example.com/a%20b"),
    ],
)
async def test_a_good_address_is_kept_in_one_spelling(entered: str, kept: str) -> None:
    assert await checked_address(entered, False, resolve=PUBLIC) == kept
    assert await checked_address(kept, False, resolve=PUBLIC) == kept


@pytest.mark.parametrize(
    ("entered", "why"),
    [
        ("", "begin with https"),
        ("api.example.com", "begin with https"),
        ("ftp://api.example.com", "begin with https"),
        ("file:///etc/passwd", "begin with https"),
        ("javascript:alert(1)", "begin with https"),
        ("https://", "no address"),
        ("https:///v1", "no address"),
        ("https://api.example.com:0", "no address"),
        ("https://api.example.com:65536", "no address"),
        ("https://api.example.com:port", "no address"),
        ("https://[::1", "no address"),
        ("https://[fe80::1%25eth0]/", "no address"),
        ("https://ex%61mple.com", "no address"),
        ("https://user:word@api.example.com", "name or a password"),
        ("https://user@api.example.com", "name or a password"),
        ("https://api.example.com/v1?key=1", "end with its path"),
        ("https://api.example.com/v1#top", "end with its path"),
        ("https://api.example.com/v1?", "end with its path"),
        ("https://api.example.com\\@10.0.0.1/", "character that does not belong"),
        ("https://api.exa mple.com/", "character that does not belong"),
        ("https://api.example.com/\r\nHost: x", "character that does not belong"),
        ("https://\t169.254.169.254/", "character that does not belong"),
        ("https://１２７.0.0.1/", "character that does not belong"),
        ("https://bücher.example", "character that does not belong"),
        ("https://169。254。169。254", "character that does not belong"),
        ("https://-api.example.com", "no host's name"),
        ("https://api..example.com", "no host's name"),
        ("https://.", "no address"),
        ("https://" + "a" * 64 + ".example", "no host's name"),
        ("https://" + "a." * 127 + "example", "no host's name"),
    ],
)
async def test_a_bad_address_is_refused_with_the_reason(entered: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why):
        await checked_address(entered, True, resolve=PUBLIC)


async def test_what_stood_before_an_at_is_not_repeated() -> None:
    with pytest.raises(AddressRefused) as said:
        await checked_address("https://user:sesame@api.example.com", True, resolve=PUBLIC)
    assert "sesame" not in str(said.value)


# ---------------------------------------------------------------------------------------------------------- literals


def spellings(address: IPv4Address) -> list[str]:
    """Hosts that some system takes for `address`."""
    number, (a, b, c, d) = int(address), address.packed
    return [
        str(address),
        f"{address}.",
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0x{a:x}.0x{b:X}.0{c:o}.{d}",
        f"{a:#o}.{b}.{c}.{d}".replace("0o", "0"),
        f"[::ffff:{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[::{address}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
    ]


def within(*networks: str) -> st.SearchStrategy[IPv4Address]:
    return st.sampled_from([IPv4Network(network) for network in networks]).flatmap(
        lambda network: st.integers(int(network[0]), int(network[-1])).map(IPv4Address)
    )


nowhere = within("0.0.0.0/8").filter(
    lambda address: address != IPv4Address("0.0.0.1")
)  # ::0.0.0.1 is ::1, this machine
never = (
    within("169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
    | nowhere
    | st.sampled_from(
        [IPv4Address(one) for one in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16")]
    )
)
private = within("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10").filter(
    lambda address: address != IPv4Address("100.100.100.200")
)
public = within("8.0.0.0/8", "93.184.0.0/16", "1.1.1.0/24")


@given(never, st.integers(0, 14), st.booleans())
async def test_places_that_are_never_fit(address: IPv4Address, spelling: int, private_allowed: bool) -> None:
    assert await refused(f"http://{spellings(address)[spelling]}/latest", private_allowed=private_allowed)


@given(private, st.integers(0, 14))
async def test_private_places_are_fit_where_they_are_allowed(address: IPv4Address, spelling: int) -> None:
    host = spellings(address)[spelling]
    assert await refused(f"http://{host}:11434/v1")
    assert not await refused(f"http://{host}:11434/v1", private_allowed=True)


@given(public, st.integers(0, 14), st.booleans())
async def test_public_places_are_fit(address: IPv4Address, spelling: int, private_allowed: bool) -> None:
    assert not await refused(f"https://{spellings(address)[spelling]}/v1", private_allowed=private_allowed)


@given(never | private | public, st.integers(0, 8))
def test_every_spelling_is_seen_through(address: IPv4Address, spelling: int) -> None:
    assert literal_address(spellings(address)[spelling].rstrip(".")) == address


@pytest.mark.parametrize(
    "host",
    [
        "::",
        "fe80::1",
        "febf::1",
        "ff02::1",
        "fd00:ec2::254",
        "FD00:0EC2:0:0:0:0:0:254",
        "fd20:ce::254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "2001:0:a9fe:a9fe::5601:5601",  # Teredo
        "2001:0:0808:0808::5601:5601",
    ],
)
async def test_ipv6_places_that_are_never_fit(host: str) -> None:
    assert await refused(f"http://[{host}]/", private_allowed=True)


@pytest.mark.parametrize("host", ["::1", "fc00::1", "fd12:3456::1", "fec0::1", "2001:db8::1"])
async def test_private_ipv6_places(host: str) -> None:
    assert await refused(f"http://[{host}]/")
    assert not await refused(f"http://[{host}]/", private_allowed=True)


@given(st.ip_addresses(v=6))
async def test_any_ipv6_address_is_judged(address: IPv6Address) -> None:
    if not await refused(f"http://[{address}]/"):
        assert address.is_global
        assert not address.is_multicast


# ------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "host", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data", "metadata.goog"]
)
async def test_metadata_names_are_not_even_looked_up(host: str) -> None:
    assert await refused(f"http://{host}/", private_allowed=True)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "0.0.0.0", "fe80::1"]
)
async def test_a_name_is_what_its_addresses_are(address: str) -> None:
    assert await refused("https://friendly.example/", private_allowed=True, resolve=answering(address))
    assert await refused("https://friendly.example/", private_allowed=True, resolve=answering("8.8.8.8", address))


async def test_a_name_of_a_private_place() -> None:
    resolve = answering("8.8.8.8", "10.0.0.7")
    with pytest.raises(AddressRefused, match="Whoever runs this Tuppence can allow"):
        await checked_address("http://box.example", False, resolve=resolve)
    assert await checked_address("http://box.example", True, resolve=resolve) == "http://box.example"


async def test_this_machine_by_its_name() -> None:
    assert await checked_address("http://localhost:11434/v1", True) == "http://localhost:11434/v1"
    with pytest.raises(AddressRefused, match="of this machine"):
        await checked_address("http://localhost:11434/v1", False)


async def test_a_name_that_nobody_has() -> None:
    with pytest.raises(AddressRefused, match="Check its spelling"):
        await checked_address("http://nobody.invalid/", False)
    with pytest.raises(AddressRefused, match="no host called"):
        await checked_address("http://nobody.example/", False, resolve=answering())
