"""The normal form in which usernames and email addresses are compared."""

import unicodedata


def normalised(name: str) -> str:
    """Return a name without differences of case, width or blanks: two accounts never share it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())
