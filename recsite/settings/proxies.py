"""Which proxies in front of the site are trusted. Imports nothing of recsite, because settings load first."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

MOST = 10


def trusted_proxies(text: str, *, behind_proxy: bool) -> int | tuple[IPv4Network | IPv6Network, ...]:
    """Parse `TRUSTED_PROXIES`: a number of proxies, or addresses and networks; empty follows `BEHIND_PROXY`."""
    text = text.strip()
    if not text:
        return int(behind_proxy)
    if text.isascii() and text.isdigit() and int(text) <= MOST:
        return int(text)
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES is {text!r} ({error}); set the number of proxies (0 to {MOST}), or their addresses and "
            "networks, such as 10.0.0.0/8,192.168.1.5."
        ) from None
