"""Validation of cells in MovieLens files: ids, stars, timestamps, relevances and texts."""

import re
import time

import numpy as np

LARGEST_ID = 2**31 - 1
EARLIEST = 631_152_000
"""1990-01-01: nobody rated movies on the web before, so an earlier timestamp is corrupt."""

_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_SHARE = re.compile(r"[01](?:\.\d{1,20})?(?:[eE]-\d{1,2})?", re.ASCII)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_STARS = re.compile(r"[0-5](?:\.[05]0*)?", re.ASCII)


def latest_timestamp() -> int:
    """Return the latest plausible time, a day ahead of the local clock, in Unix seconds."""
    return int(time.time()) + 86_400


def identifier(text: str, name: str) -> int:
    """Parse a positive integer that fits a database id."""
    if _WHOLE.fullmatch(text) and 1 <= (number := int(text)) <= LARGEST_ID:
        return number
    raise ValueError(f"{name} “{_short(text)}” is not a whole number from 1 to {LARGEST_ID}")


def half_stars(text: str) -> int:
    """Parse stars, such as “3.5”, as half stars."""
    if not _STARS.fullmatch(text) or not 0.5 <= float(text) <= 5:
        raise ValueError(f"rating “{_short(text)}” is not 0.5 to 5 in steps of 0.5")
    return int(float(text) * 2)


def timestamp(text: str, latest: int) -> int:
    """Parse a plausible time in Unix seconds."""
    if not _WHOLE.fullmatch(text) or not EARLIEST <= int(text) <= latest:
        raise ValueError(f"timestamp “{_short(text)}” is not in Unix seconds between 1990 and now")
    return int(text)


def relevance(text: str) -> float:
    """Parse the relevance of a genome tag, from 0 to 1."""
    if not _SHARE.fullmatch(text) or not 0 <= float(text) <= 1:
        raise ValueError(f"relevance “{_short(text)}” is not from 0 to 1")
    return float(text)


def phrase(text: str, name: str, max_length: int) -> str:
    """Validate a non-blank text of at most `max_length` characters that a database can store."""
    if not text.strip():
        raise ValueError(f"{name} is empty")
    if len(text) > max_length:
        raise ValueError(f"{name} is longer than {max_length} characters")
    if "\0" in text:
        raise ValueError(f"{name} contains a NUL character")
    if _SURROGATE.search(text):
        raise ValueError(f"{name} is not in the file's encoding; convert the file to UTF-8")
    return text.strip()


def are_valid_ratings(
    users: np.ndarray, movies: np.ndarray, stars: np.ndarray, timestamps: np.ndarray, latest: int
) -> bool:
    """Return whether `identifier`, `half_stars` and `timestamp` would accept every row of these columns."""
    half_stars = stars * 2
    return bool(
        users.min() >= 1
        and users.max() <= LARGEST_ID
        and movies.min() >= 1
        and movies.max() <= LARGEST_ID
        and timestamps.min() >= EARLIEST
        and timestamps.max() <= latest
        and half_stars.min() >= 1
        and half_stars.max() <= 10
        and (half_stars == np.floor(half_stars)).all()
    )


def are_valid_scores(movies: np.ndarray, tags: np.ndarray, relevances: np.ndarray) -> bool:
    """Return whether `identifier` and `relevance` would accept every row of these columns."""
    return bool(
        movies.min() >= 1
        and movies.max() <= LARGEST_ID
        and tags.min() >= 1
        and tags.max() <= LARGEST_ID
        and np.isfinite(relevances).all()
        and relevances.min() >= 0
        and relevances.max() <= 1
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
