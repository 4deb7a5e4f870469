"""The client behind a request, also behind proxies: allauth, axes, the API's throttles and sign-in locks use it.

`TRUSTED_PROXIES` says which proxies may name the client in `X-Forwarded-For`. Each proxy appends the address of its
peer, so only the entries at the right end come from proxies of ours; everything to their left is the client's own text.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
)
IPV6_PREFIX = 64
"""A connection usually has this whole network, so limits count it as one client."""


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address in its canonical form; empty if only a Unix socket is known."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    trusted = settings.TRUSTED_PROXIES
    client = _canonical(peer)
    if not trusted:
        return client
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    for hops, entry in enumerate(reversed(forwarded)):
        if not (hops < trusted if isinstance(trusted, int) else is_proxy(client)):
            break
        # What is not an address came from the client: the proxy that passed it on is the last thing known.
        address = _canonical(entry.strip())
        if not address:
            break
        client = address
    return client


def limit_key(request: HttpRequest) -> str:
    """Return what limits count a client by: the IPv4 address, or the IPv6 network of `IPV6_PREFIX` bits."""
    address = client_address(request)
    if ":" not in address:
        return address
    return str(IPv6Network((address, IPV6_PREFIX), strict=False).network_address)


def address_to_lock(request: HttpRequest) -> str | None:
    """Return `limit_key` for django-axes, whose column is an address or null."""
    return limit_key(request) or None


def is_proxy(address: str) -> bool:
    """Return whether a peer with this address is a trusted proxy; a Unix socket can only be one."""
    trusted = settings.TRUSTED_PROXIES
    if isinstance(trusted, int):
        return trusted > 0
    return not address or any(ip_address(address) in network for network in trusted)


def drop_forged_headers(request: HttpRequest) -> None:
    """Remove what a peer that is no trusted proxy says about client, host and scheme."""
    if not is_proxy(_canonical(str(request.META.get("REMOTE_ADDR") or ""))):
        for name in FORWARDED:
            request.META.pop(name, None)


def _canonical(text: str) -> str:
    """Return an address without port, brackets, zone and IPv4 mapping; empty if it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
