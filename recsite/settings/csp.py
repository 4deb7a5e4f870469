"""The Content Security Policy: browsers load only what the site itself serves."""

from csp.constants import NONE, SELF

POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
HEADER = "; ".join(f"{name} {' '.join(sources)}" for name, sources in POLICY["DIRECTIVES"].items())
"""The policy as text, for responses that django-csp does not see, such as static files."""
