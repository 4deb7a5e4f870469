"""What declares an export: how it is recognised, its columns, scale, and what its lines say beside ratings."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from movies.transfer.cells import is_span_of_years
from movies.transfer.entries import Kind

Record = Mapping[str, str]
"""The cells of a line by field; see `FIELDS`."""

FIELDS = {
    "title": "Title",
    "original": "Original title",
    "year": "Year",
    "rating": "Rating",
    "at": "Date",
    "seen": "Date seen",
    "type": "Type (film or series)",
    "imdb": "IMDb id",
    "tmdb": "TMDB id",
    "movielens": "MovieLens id",
    "season": "Season",
    "status": "List",
    "user": "User",
    "kind": "Kind",
}
"""What is read of a line, and its name. `kind` is what a reader of JSON says that the line is."""

_FILM_ON_TV = re.compile(r"tv(movie|film|short)|(film|movie)(per)?tv|fernsehfilm|telefilm|musicvideo")
_TELEVISION = re.compile(
    r"tv|serie|série|show|season|staffel|saison|temporada|stagione|episod|épisod|folge|special|game|videospiel|podcast|mini|"
    r"anime(?!movie|film)"
)


def header_key(name: str) -> str:
    """Return the form of a column's name in which headers are compared: “IMDb ID” and “imdb_id” are both “imdbid”."""
    return "".join(filter(str.isalnum, name.casefold()))


def is_television(record: Record) -> bool:
    """Return whether a record is a series, season, episode, special or game by its type, season or years."""
    kind = header_key(record.get("type", ""))
    return (
        bool(_TELEVISION.search(kind) and not _FILM_ON_TV.search(kind))
        or bool(record.get("season"))
        or is_span_of_years(record.get("year", ""), record.get("title", ""))
    )


@dataclass(frozen=True)
class Layout:
    """One export of a site.

    A header is recognised if it has all columns of `needs` and none of `lacks` (as `header_key`), one of `spelled` (as
    written) if there are any, and the file's name matches `file`. JSON is recognised if `documents` yields records.
    """

    key: str
    name: str
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns that hold a field; the first with a value counts."""
    needs: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    spelled: frozenset[str] = frozenset()
    file: re.Pattern[str] | None = None
    scale: int | None = None
    """Points of the best rating; None if it must be found from the values."""
    unrated: Kind | None = None
    """What a line without a rating says about its movie."""
    rated: Kind | None = Kind.RATING
    """What a line with a rating says; None for layouts without ratings."""
    statuses: Mapping[str, Kind | None] = field(default_factory=dict)
    """What a line without a rating says by its list, if it names one."""
    is_television: Callable[[Record], bool] = is_television
    documents: Callable[[Any], Iterator[dict[str, str]]] | None = None
    one_user: bool = False
    """Whether the file may hold ratings of several people, of whom only one can be imported."""

    def recognises(self, header: Collection[str], name: str) -> bool:
        keys = {header_key(column) for column in header}
        return (
            bool(self.needs)
            and self.needs <= keys
            and not self.lacks & keys
            and (not self.spelled or bool(self.spelled & set(header)))
            and (self.file is None or bool(self.file.search(name.casefold())))
        )

    def places(self, header: list[str]) -> dict[str, tuple[int, ...]]:
        """Return the indexes of the columns of each field."""
        indexes: dict[str, int] = {}
        for number, column in enumerate(header):
            indexes.setdefault(header_key(column), number)
        places = {
            name: tuple(indexes[column] for column in columns if column in indexes)
            for name, columns in self.columns.items()
        }
        return {name: found for name, found in places.items() if found}


def texts(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a JSON object as the cells of a record."""
    return {name: str(value) for name, value in fields.items() if value is not None}


def ids_of(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ids of a movie or show in JSON, by site."""
    ids = about.get("ids")
    return ids if isinstance(ids, dict) else {}


def needs(*columns: str) -> frozenset[str]:
    return frozenset(columns)
