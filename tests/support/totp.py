"""An authenticator app: the codes of RFC 6238, computed independently of the site."""

import base64
import hashlib
import hmac
import struct

PERIOD = 30


def code(key: str, at: float) -> str:
    """The code of six digits that an app with this key shows at a time in seconds."""
    digest = hmac.digest(base64.b32decode(key), struct.pack(">Q", int(at) // PERIOD), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
