"""Use case of `manage.py load_movielens`: write a release into the database in one transaction."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import Error, connection
from django.db.models import Model
from django.utils import timezone
from django.utils.text import slugify
from numpy.typing import NDArray

from movies import bulk
from movies.bulk.store import Columns, Store, Written
from movies.loading.replace import remove_unlisted, replacing
from movies.loading.report import write_report
from movies.loading.supplements import write_demographics, write_genome
from movies.models import MOVIELENS_USERNAME, Genre, Movie, MovieTag, Tag, User
from movies.sources.movielens.releases import Release
from movies.sources.movielens.tables import LinkRow, MovieRow, TagRow
from movies.titles import parse_title, search_key, sort_key

UNUSABLE_PASSWORD = "!"  # noqa: S105 - no password hashes to it
RELEASE_FIELDS = ("title", "alternative_title", "year", "imdb_id", "tmdb_id")
"""Fields of a movie that a release provides; the others are derived from them."""
MOVIE_FIELDS = (*RELEASE_FIELDS, "sort_title", "search_text")


@dataclass
class Summary:
    """Result of a load: rows added, changed and unchanged by kind, and the number of rejected rows."""

    written: dict[str, Written]
    rejected: int

    @property
    def changed_nothing(self) -> bool:
        return not any(written.added or written.changed for written in self.written.values())


def load(release: Release, *, replace: bool = False) -> Summary:
    """Write a release into the database in one transaction.

    Movies and MovieLens users are matched by their MovieLens ids. Existing rows change only where the release has
    something newer; with `replace`, rows that the release lacks are removed. What site members wrote is never touched.
    Raises `UnreadableReleaseError` or `TooManyRejectsError` and leaves the database unchanged, except for the report,
    which is written in any case.
    """
    store, started_at = bulk.store(), timezone.now()
    try:
        with store.loading():
            written = _write(release, store, replace=replace)
            write_report(release, started_at, written)
    except BaseException as error:
        with suppress(Error):
            # A lost database connection must not hide the original error.
            write_report(release, started_at, {}, error)
        raise
    return Summary(written, release.rejects.total)


def _write(release: Release, store: Store, *, replace: bool) -> dict[str, Written]:
    written: dict[str, Written] = {}
    with replacing(store) if replace else nullcontext():
        rows = list(release.movies())
        written["movies"], movies = _write_movies(rows, release, store)
        users = _Users(store)
        written["ratings"] = store.write_ratings(_ratings(release, movies, users))
    written["tags"] = _write_tags(release, store, movies, users)
    if release.layout.people:
        written["demographics"] = write_demographics(release, users.find_or_add)
    if release.has(release.layout.genome_scores):
        written["genome vectors"] = write_genome(release, movies.find, np.sort(movies.primary_keys))
    written["people"] = Written(added=users.added)
    if replace:
        remove_unlisted({row.movielens_id for row in rows})
    store.analyse()
    return written


class _PrimaryKeys:
    """Primary keys of movies or users, looked up by MovieLens id."""

    def __init__(self, model: type[Movie] | type[User]) -> None:
        stored = model._default_manager.filter(movielens_id__isnull=False).values_list("movielens_id", "pk")
        table = _pairs(stored)
        self.movielens_ids = table[:, 0]
        self.primary_keys = table[:, 1].astype(np.int32)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the primary keys, 0 for unknown ids."""
        if not len(self.movielens_ids):
            return np.zeros(len(ids), dtype=np.int32)
        positions = np.minimum(np.searchsorted(self.movielens_ids, ids), len(self.movielens_ids) - 1)
        return np.where(self.movielens_ids[positions] == ids, self.primary_keys[positions], np.int32(0))

    def add(self, movielens_ids: NDArray[np.int64], primary_keys: NDArray[np.int32]) -> None:
        positions = np.searchsorted(self.movielens_ids, movielens_ids)
        self.movielens_ids = np.insert(self.movielens_ids, positions, movielens_ids)
        self.primary_keys = np.insert(self.primary_keys, positions, primary_keys)


class _Users:
    """Primary keys of MovieLens users, who are added when their ids first occur."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.keys = _PrimaryKeys(User)
        self.added = 0

    def find_or_add(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        distinct, positions = np.unique(ids, return_inverse=True)
        new = distinct[self.keys.find(distinct) == 0]
        if len(new):
            self._add(new)
        return self.keys.find(distinct)[positions]

    def _add(self, ids: NDArray[np.int64]) -> None:
        user = User(password=UNUSABLE_PASSWORD, is_active=False)
        defaults = _default_values(user, exclude=("username", "movielens_id"))
        fields = ("username", "movielens_id", *defaults)
        rows = ((f"{MOVIELENS_USERNAME}{pk}", pk, *defaults.values()) for pk in ids.tolist())
        self.store.insert(User, fields, rows)
        added = User.objects.filter(movielens_id__gte=int(ids[0]), movielens_id__lte=int(ids[-1]))
        primary_keys = dict(added.values_list("movielens_id", "pk"))
        self.keys.add(ids, np.array([primary_keys[pk] for pk in ids.tolist()], dtype=np.int32))
        self.added += len(ids)


def _ratings(release: Release, movies: _PrimaryKeys, users: _Users) -> Iterator[Columns]:
    for batch in release.ratings():
        movie_keys = movies.find(batch.movies)
        user_ids, half_stars, rated_at = batch.users, batch.half_stars, batch.rated_at
        known = movie_keys != 0
        if not known.all():
            _reject_unknown(release, batch.lines[~known], batch.movies[~known])
            user_ids, movie_keys, half_stars, rated_at = (
                column[known] for column in (user_ids, movie_keys, half_stars, rated_at)
            )
        yield Columns(users.find_or_add(user_ids), movie_keys, half_stars, rated_at)


def _reject_unknown(release: Release, lines: NDArray[np.int64], movies: NDArray[np.int64]) -> None:
    for line, movie in zip(lines.tolist(), movies.tolist(), strict=True):
        release.rejects.add(release.layout.ratings.file, line, _unknown_movie(release, movie))


def _unknown_movie(release: Release, movie: int) -> str:
    return f"movie {movie} is not in {release.layout.movies.file}"


def _write_movies(rows: list[MovieRow], release: Release, store: Store) -> tuple[Written, _PrimaryKeys]:
    listed = {row.movielens_id for row in rows}
    links = {link.movielens_id: link for link in release.links() if link.movielens_id in listed}
    stored = {
        movielens_id: (pk, values)
        for movielens_id, pk, *values in Movie.objects.filter(movielens_id__isnull=False).values_list(
            "movielens_id", "pk", *RELEASE_FIELDS
        )
    }
    new: list[Movie] = []
    changed: list[Movie] = []
    for row in rows:
        movie = _movie(row, links.get(row.movielens_id), stored.get(row.movielens_id))
        if movie is not None:
            (new if movie.pk is None else changed).append(movie)
    _insert_movies(new, store)
    Movie.objects.bulk_update(changed, MOVIE_FIELDS, batch_size=200)
    movies = _PrimaryKeys(Movie)
    changed_genres = _write_genres(rows, movies, store) & {pk for pk, _ in stored.values()}
    n_changed = len({movie.pk for movie in changed} | changed_genres)
    return Written(len(new), n_changed, len(rows) - len(new) - n_changed), movies


def _insert_movies(movies: list[Movie], store: Store) -> None:
    fields = ("movielens_id", *MOVIE_FIELDS)
    defaults = _default_values(Movie(), exclude=fields)
    rows = ((*(getattr(movie, name) for name in fields), *defaults.values()) for movie in movies)
    store.insert(Movie, (*fields, *defaults), rows)


def _default_values(row: Model, exclude: Collection[str]) -> dict[str, Any]:
    """Return the non-null database values of a new row's fields, except the excluded ones."""
    fields = [field for field in row._meta.concrete_fields if not (field.primary_key or field.generated)]
    return {
        field.name: field.get_db_prep_save(value, connection)
        for field in fields
        if field.name not in exclude and (value := getattr(row, field.attname)) is not None
    }


def _movie(row: MovieRow, link: LinkRow | None, stored: tuple[int, list[Any]] | None) -> Movie | None:
    """Return the movie to write, or None if the stored one is up to date."""
    title = parse_title(row.title)
    pk, before = stored or (None, [None] * len(RELEASE_FIELDS))
    links = [link.imdb_id, link.tmdb_id] if link else before[-2:]
    values = [title.title, title.alternative, title.year, *links]
    if values == before:
        return None
    return Movie(
        pk=pk,
        movielens_id=row.movielens_id,
        sort_title=sort_key(title.title),
        search_text=search_key(title.title, title.alternative, title.year),
        **dict(zip(RELEASE_FIELDS, values, strict=True)),
    )


def _write_genres(rows: list[MovieRow], movies: _PrimaryKeys, store: Store) -> set[int]:
    """Set the genres of the movies; return the primary keys of those whose genres changed."""
    genres = {genre.name: genre.pk for genre in Genre.objects.all()}
    for name in sorted({name for row in rows for name in row.genres} - genres.keys()):
        genres[name] = Genre.objects.create(name=name, slug=_unused_slug(name)).pk
    through = Movie.genres.through
    wanted = _pairs((row.movielens_id, genres[name]) for row in rows for name in row.genres)
    wanted[:, 0] = movies.find(wanted[:, 0])
    stored = _pairs(through.objects.values_list("movie_id", "genre_id"))
    stored = stored[np.isin(stored[:, 0], movies.find(np.array([row.movielens_id for row in rows])))]
    added = _difference(wanted, stored)
    removed = _difference(stored, wanted)
    store.insert(through, ("movie", "genre"), added)
    for movie, genre in removed:
        through.objects.filter(movie_id=movie, genre_id=genre).delete()
    return {movie for movie, _ in (*added, *removed)}


def _pairs(pairs: Iterable[tuple[int | None, int]]) -> NDArray[np.int64]:
    """Return the pairs as (n, 2) int64, in ascending order."""
    table = np.array(list(pairs), np.int64).reshape(-1, 2)
    return table[np.lexsort(table.T[::-1])]


def _difference(pairs: NDArray[np.int64], others: NDArray[np.int64]) -> list[list[int]]:
    """Return the pairs that are not among the others."""
    keys, other_keys = (table[:, 0] << 32 | table[:, 1] for table in (pairs, others))
    difference: list[list[int]] = pairs[~np.isin(keys, other_keys)].tolist()
    return difference


def _unused_slug(name: str) -> str:
    """Return a slug for a genre; a number is appended if another genre's name has the same slug."""
    slug = base = slugify(name)[:50] or "genre"
    number = 1
    while Genre.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _write_tags(release: Release, store: Store, movies: _PrimaryKeys, users: _Users) -> Written:
    ordinals: dict[str, int] = {}
    table = np.fromiter(
        (
            (row.user, row.movie, ordinals.setdefault(row.tag, len(ordinals)), row.tagged_at)
            for row in _known_tags(release, movies)
        ),
        dtype=np.dtype((np.int64, 4)),
    )
    if not len(table):
        return Written()
    rows = np.asarray(table, dtype=np.int64)
    tags = _tags(set(ordinals), store)
    keys = np.array([tags[Tag.key_of(name)] for name in ordinals])
    rows = np.column_stack([users.find_or_add(rows[:, 0]), movies.find(rows[:, 1]), keys[rows[:, 2]], rows[:, 3]])
    rows = rows[np.lexsort(rows.T[::-1])]
    latest = rows[np.append((rows[1:, :3] != rows[:-1, :3]).any(axis=1), True)]
    added = store.merge(MovieTag, ("user", "movie", "tag", "tagged_at"), (row.tolist() for row in latest))
    return Written(added, 0, len(rows) - added)


def _known_tags(release: Release, movies: _PrimaryKeys) -> Iterator[TagRow]:
    known = set(movies.movielens_ids.tolist())
    for row in release.tags():
        if row.movie in known:
            yield row
        elif release.layout.tags:
            release.rejects.add(release.layout.tags.file, row.line, _unknown_movie(release, row.movie))


def _tags(names: set[str], store: Store) -> dict[str, int]:
    """Return the primary keys of all tags by tag key, after adding the new ones."""
    new = {Tag.key_of(name): name for name in sorted(names, reverse=True)}
    for key in Tag.objects.values_list("key", flat=True):
        new.pop(key, None)
    store.insert(Tag, ("name", "key"), ((name, key) for key, name in new.items()))
    return dict(Tag.objects.values_list("key", "pk"))
