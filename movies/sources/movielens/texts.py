"""Cells of MovieLens' files: whole numbers, stars, moments and texts, each checked."""

import re
import time

import numpy as np

LARGEST_ID = 2**31 - 1
EARLIEST = 631_152_000
"""1990-01-01: before it nobody rated movies on the web, so an earlier moment is a damaged one."""

_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_SHARE = re.compile(r"[01](?:\.\d{1,20})?(?:[eE]-\d{1,2})?", re.ASCII)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_STARS = re.compile(r"[0-5](?:\.[05]0*)?", re.ASCII)


def latest() -> int:
    """The latest moment that is believed, a day ahead of this clock, in Unix seconds."""
    return int(time.time()) + 86_400


def identifier(text: str, what: str) -> int:
    """A positive number that a database's id can hold."""
    if _WHOLE.fullmatch(text) and 1 <= (number := int(text)) <= LARGEST_ID:
        return number
    raise ValueError(f"{what} “{_short(text)}” is no number from 1 to {LARGEST_ID}")


def half_stars(text: str) -> int:
    """Half stars from “3.5”."""
    if not _STARS.fullmatch(text) or not 0.5 <= float(text) <= 5:
        raise ValueError(f"rating “{_short(text)}” is not 0.5 to 5 in halves")
    return int(float(text) * 2)


def moment(text: str, until: int) -> int:
    """Unix seconds that lie in MovieLens' time."""
    if not _WHOLE.fullmatch(text) or not EARLIEST <= int(text) <= until:
        raise ValueError(f"timestamp “{_short(text)}” is no moment since 1990 in Unix seconds")
    return int(text)


def relevance(text: str) -> float:
    """How well a tag of the genome fits a movie, from 0 to 1."""
    if not _SHARE.fullmatch(text) or not 0 <= float(text) <= 1:
        raise ValueError(f"relevance “{_short(text)}” is not from 0 to 1")
    return float(text)


def phrase(text: str, what: str, most: int) -> str:
    """A text of at least one and at most `most` characters that a database can store."""
    if not text.strip():
        raise ValueError(f"{what} is empty")
    if len(text) > most:
        raise ValueError(f"{what} is longer than {most} characters")
    if "\0" in text:
        raise ValueError(f"{what} contains a NUL character")
    if _SURROGATE.search(text):
        raise ValueError(f"{what} is not in the file's encoding; convert the file to UTF-8")
    return text.strip()


def good_ratings(users: np.ndarray, movies: np.ndarray, stars: np.ndarray, moments: np.ndarray, until: int) -> bool:
    """Whether every row of these columns is what `identifier`, `half_stars` and `moment` accept."""
    halves = stars * 2
    return bool(
        users.min() >= 1
        and users.max() <= LARGEST_ID
        and movies.min() >= 1
        and movies.max() <= LARGEST_ID
        and moments.min() >= EARLIEST
        and moments.max() <= until
        and halves.min() >= 1
        and halves.max() <= 10
        and (halves == np.floor(halves)).all()
    )


def good_scores(movies: np.ndarray, tags: np.ndarray, relevances: np.ndarray) -> bool:
    """Whether every row of these columns is what `identifier` and `relevance` accept."""
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
