"""Matching of imported entries to movies, by external ids or by title and year."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar

from movies.models import Movie
from movies.transfer.entries import Entry
from movies.transfer.title_keys import Keys, keys_of, names_of

T = TypeVar("T")
VALUES_PER_QUERY = 500
"""Databases limit the number of parameters of a query."""
ROWS_AT_ONCE = 2_000
MOST_OPTIONS = 6
"""Movies that are offered for an ambiguous line; what more movies match is looked up by hand."""
IDS = ("imdb_id", "tmdb_id", "movielens_id")


@dataclass(frozen=True)
class Found:
    """What a line may mean: a movie, or several to choose from, or none."""

    movie: int | None = None
    options: tuple[int, ...] = ()


class Candidate(NamedTuple):
    """A movie as far as matching needs it."""

    pk: int
    year: int | None
    imdb_id: int | None
    tmdb_id: int | None
    movielens_id: int | None
    rating_count: int


_FIELDS = ("pk", "year", *IDS, "rating_count")


class Level(Enum):
    """How a key names a movie: by its main or any name, with fewer words, or by a part of it."""

    MAIN = auto()
    STRICT = auto()
    LOOSE = auto()
    BEGINNING = auto()
    ENDING = auto()


Titles = Mapping[tuple[Level, str], set[Candidate]]
"""The movies of each key that a file asks for."""


def match(entries: Sequence[Entry]) -> list[Found]:
    """Return what each entry may mean, in their order.

    Ids count first, and a movie whose id contradicts an entry's never matches it. Titles match with the same year, or,
    if they are the same but for case, accents and punctuation, with one that differs by one. Without a year on either
    side, or with fewer words, a match demands a single movie.
    """
    by_id = {name: _movies_by(name, {value for entry in entries if (value := getattr(entry, name))}) for name in IDS}
    by_ids = [_by_ids(entry, by_id) for entry in entries]
    keys = [
        [] if found.movie or not entry.title else [keys_of(name) for name in names_of(entry.title, entry.other_titles)]
        for entry, found in zip(entries, by_ids, strict=True)
    ]
    titles = _titles(keys)
    return [
        found if found.movie or found.options or not names else _by_title(entry, names, titles)
        for entry, found, names in zip(entries, by_ids, keys, strict=True)
    ]


def _movies_by(name: str, values: Collection[int]) -> dict[int, Candidate]:
    """Return the movies with these ids; of several with the same, the most rated."""
    return {
        getattr(movie, name): movie
        for chunk in _chunks(sorted(values))
        for row in Movie.objects.filter(**{f"{name}__in": chunk}).order_by("rating_count", "-pk").values_list(*_FIELDS)
        for movie in (Candidate(*row),)
    }


def _by_ids(entry: Entry, by_id: dict[str, dict[int, Candidate]]) -> Found:
    found = {movies[value] for name, movies in by_id.items() if (value := getattr(entry, name)) in movies}
    consistent = [movie for movie in found if not _contradicts(entry, movie)] or [
        movie for movie in found if len(found) == 1 and _agrees(entry, movie)
    ]
    if len(consistent) == 1:
        return Found(consistent[0].pk)
    # Ids that name different movies, or a lesser one of a movie with another IMDb id: the member decides.
    return _options(found)


def _agrees(entry: Entry, movie: Candidate) -> bool:
    """Return whether the first id that both have, of IMDb if possible, is the same: ids of TMDB change."""
    pairs = ((getattr(entry, name), getattr(movie, name)) for name in IDS)
    return next((ours == theirs for ours, theirs in pairs if ours is not None and theirs is not None), False)


def _contradicts(entry: Entry, movie: Candidate) -> bool:
    return any(
        (ours := getattr(movie, name)) is not None and (theirs := getattr(entry, name)) is not None and ours != theirs
        for name in IDS
    )


def _titles(of_entries: Iterable[Sequence[Keys]]) -> Titles:
    """Read the movies that have a key of the entries. The catalogue streams past: only what is asked for is kept."""
    wanted = {pair for names in of_entries for name in names for pair in _asked_for(name)}
    titles: dict[tuple[Level, str], set[Candidate]] = {}
    if not wanted:
        return titles
    for *row, title, alternative in _catalogue():
        movie = Candidate(*row)
        for number, name in enumerate((title, *filter(None, alternative.split(" / ")))):
            for pair in _levels(keys_of(name), is_main=number == 0):
                if pair in wanted:
                    titles.setdefault(pair, set()).add(movie)
    return titles


def _catalogue() -> Iterator[tuple[Any, ...]]:
    return Movie.objects.order_by().values_list(*_FIELDS, "title", "alternative_title").iterator(ROWS_AT_ONCE)


def _asked_for(name: Keys) -> Iterator[tuple[Level, str]]:
    yield from ((level, name.strict) for level in (Level.MAIN, Level.STRICT))
    yield from ((level, name.loose) for level in (Level.LOOSE, Level.BEGINNING, Level.ENDING) if name.loose)
    yield from ((Level.LOOSE, part) for part in (*name.beginnings, *name.endings))


def _levels(name: Keys, *, is_main: bool) -> Iterator[tuple[Level, str]]:
    yield Level.STRICT, name.strict
    if is_main:
        yield Level.MAIN, name.strict
    yield Level.LOOSE, name.loose
    yield from ((Level.BEGINNING, part) for part in name.beginnings)
    yield from ((Level.ENDING, part) for part in name.endings)


def _by_title(entry: Entry, names: list[Keys], titles: Titles) -> Found:
    def candidates(level: Level, keys: Iterable[str]) -> set[Candidate]:
        found = {movie for key in keys for movie in titles.get((level, key), ())}
        return {movie for movie in found if not _contradicts(entry, movie)}

    strict = candidates(Level.STRICT, [name.strict for name in names])
    loose = candidates(Level.LOOSE, [name.loose for name in names])
    if entry.year is None:
        return _only(strict) if strict else _options(loose)
    if same := {movie for movie in strict if movie.year == entry.year}:
        main = candidates(Level.MAIN, [name.strict for name in names]) & same
        return _only(main if len(main) == 1 else same)
    near = {movie for movie in strict if movie.year and abs(movie.year - entry.year) == 1}
    near |= {movie for movie in loose if movie.year == entry.year}
    if near or (near := {movie for movie in strict if movie.year is None}):
        return _only(near)
    if yearless := {movie for movie in loose if movie.year is None}:
        return _options(yearless)
    return _by_part(entry.year, names, titles, candidates)


def _by_part(
    year: int, names: list[Keys], titles: Titles, candidates: Callable[[Level, Iterable[str]], set[Candidate]]
) -> Found:
    """Match a title that lacks the beginning or end of the other: “Birdman”, “The Empire Strikes Back”."""
    sure: set[Candidate] = set()
    asked: set[Candidate] = set()

    def in_year(level: Level, *keys: str) -> set[Candidate]:
        return {movie for movie in candidates(level, keys) if movie.year == year}

    for name in names:
        begun, ended = in_year(Level.BEGINNING, name.loose), in_year(Level.ENDING, name.loose)
        (sure if _is_own_name(name.loose, begun, titles) else asked).update(begun)
        (sure if name.is_long else asked).update(ended)
        # A longer title is often that of a spin-off: “Kung Fu Panda: Secrets of the Furious Five”.
        asked |= in_year(Level.LOOSE, *name.beginnings, *name.endings)
    return _only(sure) if len(sure) == 1 else _options(sure | asked)


def _is_own_name(key: str, begun: set[Candidate], titles: Titles) -> bool:
    """Return whether a beginning names one movie: it is the first of those that begin so, and no other's whole name."""
    others = titles.get((Level.LOOSE, key), set()) - begun
    earliest = min((movie.year or 0 for movie in titles.get((Level.BEGINNING, key), ())), default=0)
    return not others and all((movie.year or 0) <= earliest for movie in begun)


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]


def _only(movies: set[Candidate]) -> Found:
    return Found(next(iter(movies)).pk) if len(movies) == 1 else _options(movies)


def _options(movies: Collection[Candidate]) -> Found:
    ordered = sorted(movies, key=lambda movie: (-movie.rating_count, movie.pk))
    return Found(options=tuple(movie.pk for movie in ordered[:MOST_OPTIONS]))
