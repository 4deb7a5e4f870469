"""What a file of a member says: entries, lines that are left out, and how the file was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_BYTES = 4_000_000
MOST_LINES = 5_000
MAX_COLUMNS = 100
MAX_CELL = 1_000
"""Characters of a cell that are read."""


class UnreadableError(ValueError):
    """The file cannot be read at all; the message tells the member why, and what to do."""


class Kind(StrEnum):
    """What an entry says about its movie."""

    RATING = "rating"
    SEEN = "seen"
    WATCHLIST = "watchlist"
    LIKE = "like"


@dataclass(frozen=True)
class Entry:
    """A line of a file, and whatever identifies its movie there.

    `source` is the member of a zip, `number` the line on which the entry starts. Only ratings have half stars.
    """

    number: int
    kind: Kind = Kind.RATING
    half_stars: int | None = None
    at: datetime | None = None
    title: str = ""
    year: int | None = None
    other_titles: tuple[str, ...] = ()
    movielens_id: int | None = None
    imdb_id: int | None = None
    tmdb_id: int | None = None
    source: str = ""

    @property
    def name(self) -> str:
        named = not self.year or self.title.endswith(f"({self.year})")
        title = self.title if named else f"{self.title} ({self.year})"
        return title or f"movie {self.movielens_id or self.imdb_id or self.tmdb_id}"

    @property
    def identity(self) -> tuple[object, ...]:
        """What two lines about one movie have in common."""
        return (self.title.casefold(), self.year, self.imdb_id, self.tmdb_id, self.movielens_id)


@dataclass(frozen=True)
class LeftOut:
    """A line that is no entry: what it is about or what is wrong with it."""

    number: int
    text: str
    source: str = ""


@dataclass(frozen=True)
class Options:
    """What a member chose in the preview: a layout by its key, points of the best rating, columns by field."""

    layout: str = ""
    scale: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """A parsed file.

    `layouts` names what the file, or each member of a zip, was read as. `scale_open` if the values fit more than one
    scale; `scale` is then the likelier one.
    """

    entries: list[Entry] = field(default_factory=list)
    rejected: list[LeftOut] = field(default_factory=list)
    set_aside: list[LeftOut] = field(default_factory=list)
    """Series, episodes, games: what is no movie."""
    layouts: list[tuple[str, str]] = field(default_factory=list)
    """Member of a zip (or "") and key of its layout."""
    unread: list[str] = field(default_factory=list)
    """Members of a zip that no layout knows."""
    header: list[str] = field(default_factory=list)
    scale: int | None = None
    scale_open: bool = False
    unrated: int = 0
    """Lines that say nothing about their movie."""
    rounded: int = 0
    """Ratings between two half stars."""

    @property
    def layout(self) -> str:
        """The key of the layout of a file that is not a zip."""
        return self.layouts[0][1] if len(self.layouts) == 1 and not self.layouts[0][0] else ""

    def seen_without_rating(self) -> int:
        return self._only_of(Kind.SEEN)

    def likes(self) -> int:
        return self._only_of(Kind.LIKE)

    def _only_of(self, kind: Kind) -> int:
        """Return the number of movies with entries of a kind that have no rating in the file."""
        rated = {entry.identity for entry in self.entries if entry.kind == Kind.RATING}
        return len({entry.identity for entry in self.entries if entry.kind == kind} - rated)
