"""The use case of `manage.py load_movielens`: a release into the database, all of it or nothing."""

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

NOBODY_LOGS_IN = "!"
"""A password that no password hashes to."""

SAID = ("title", "alternative_title", "year", "imdb_id", "tmdb_id")
"""What a release says of a movie."""
MOVIE_FIELDS = (*SAID, "sort_title", "search_text")


@dataclass
class Summary:
    """What a load did: for each kind of row how many it added, changed and found as they were."""

    written: dict[str, Written]
    rejected: int

    @property
    def changed_nothing(self) -> bool:
        return not any(written.added or written.changed for written in self.written.values())


def load(release: Release, *, replace: bool = False) -> Summary:
    """Write a release into the database in one transaction.

    Movies and people are known by their MovieLens ids.  What is there already is changed only where
    the release says something newer, or, with `replace`, is removed where the release does not say it; what
    visitors of the site wrote is never touched.  Raises `UnreadableReleaseError` or `TooManyRejectsError`, and
    leaves the database as it was but for the report, which is written in any case.
    """
    store, started_at = bulk.store(), timezone.now()
    try:
        with store.loading():
            written = _write(release, store, replace=replace)
            write_report(release, started_at, written)
    except BaseException as error:
        with suppress(Error):
            # A database that is gone shall not hide why.
            write_report(release, started_at, {}, error)
        raise
    return Summary(written, release.rejects.total)


def _write(release: Release, store: Store, *, replace: bool) -> dict[str, Written]:
    written: dict[str, Written] = {}
    with replacing(store) if replace else nullcontext():
        rows = list(release.movies())
        written["movies"], movies = _write_movies(rows, release, store)
        people = _People(store)
        written["ratings"] = store.write_ratings(_ratings(release, movies, people))
    written["tags"] = _write_tags(release, store, movies, people)
    if release.layout.people:
        written["demographics"] = write_demographics(release, people.find)
    if release.has(release.layout.genome_scores):
        written["genome vectors"] = write_genome(release, movies.find, np.sort(movies.ours))
    written["people"] = Written(added=people.added)
    if replace:
        remove_unlisted({row.movielens_id for row in rows})
    store.analyse()
    return written


class _Known:
    """Which of our ids of movies or people belongs to a MovieLens id."""

    def __init__(self, model: type[Movie] | type[User]) -> None:
        known = model._default_manager.filter(movielens_id__isnull=False).values_list("movielens_id", "pk")
        table = _pairs(known)
        self.theirs = table[:, 0]
        self.ours = table[:, 1].astype(np.int32)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Our ids, and 0 where there is none."""
        if not len(self.theirs):
            return np.zeros(len(ids), dtype=np.int32)
        places = np.minimum(np.searchsorted(self.theirs, ids), len(self.theirs) - 1)
        return np.where(self.theirs[places] == ids, self.ours[places], np.int32(0))

    def add(self, theirs: NDArray[np.int64], ours: NDArray[np.int32]) -> None:
        places = np.searchsorted(self.theirs, theirs)
        self.theirs = np.insert(self.theirs, places, theirs)
        self.ours = np.insert(self.ours, places, ours)


class _People:
    """MovieLens' people, who are added when they are first met."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.known = _Known(User)
        self.added = 0

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        distinct, places = np.unique(ids, return_inverse=True)
        new = distinct[self.known.find(distinct) == 0]
        if len(new):
            self._add(new)
        return self.known.find(distinct)[places]

    def _add(self, ids: NDArray[np.int64]) -> None:
        person = User(password=NOBODY_LOGS_IN, is_active=False)
        same = _stored_fields(person, without=("username", "movielens_id"))
        fields = ("username", "movielens_id", *same)
        rows = ((f"{MOVIELENS_USERNAME}{pk}", pk, *same.values()) for pk in ids.tolist())
        self.store.insert(User, fields, rows)
        added = User.objects.filter(movielens_id__gte=int(ids[0]), movielens_id__lte=int(ids[-1]))
        ours = dict(added.values_list("movielens_id", "pk"))
        self.known.add(ids, np.array([ours[pk] for pk in ids.tolist()], dtype=np.int32))
        self.added += len(ids)


def _ratings(release: Release, movies: _Known, people: _People) -> Iterator[Columns]:
    for batch in release.ratings():
        ours = movies.find(batch.movies)
        users, half_stars, rated_at = batch.users, batch.half_stars, batch.rated_at
        known = ours != 0
        if not known.all():
            _refuse(release, batch.lines[~known], batch.movies[~known])
            users, ours, half_stars, rated_at = (column[known] for column in (users, ours, half_stars, rated_at))
        yield Columns(people.find(users), ours, half_stars, rated_at)


def _refuse(release: Release, lines: NDArray[np.int64], movies: NDArray[np.int64]) -> None:
    for line, movie in zip(lines.tolist(), movies.tolist(), strict=True):
        release.rejects.add(release.layout.ratings.file, line, _unknown(release, movie))


def _unknown(release: Release, movie: int) -> str:
    return f"movie {movie} is not in {release.layout.movies.file}"


def _write_movies(rows: list[MovieRow], release: Release, store: Store) -> tuple[Written, _Known]:
    known = {row.movielens_id for row in rows}
    links = {link.movielens_id: link for link in release.links() if link.movielens_id in known}
    stored = {
        movielens_id: (pk, said)
        for movielens_id, pk, *said in Movie.objects.filter(movielens_id__isnull=False).values_list(
            "movielens_id", "pk", *SAID
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
    movies = _Known(Movie)
    changed_genres = _write_genres(rows, movies, store) & {pk for pk, _ in stored.values()}
    touched = len({movie.pk for movie in changed} | changed_genres)
    return Written(len(new), touched, len(rows) - len(new) - touched), movies


def _insert_movies(movies: list[Movie], store: Store) -> None:
    fields = ("movielens_id", *MOVIE_FIELDS)
    same = _stored_fields(Movie(), without=fields)
    rows = ((*(getattr(movie, name) for name in fields), *same.values()) for movie in movies)
    store.insert(Movie, (*fields, *same), rows)


def _stored_fields(row: Model, without: Collection[str]) -> dict[str, Any]:
    """The values, as the database takes them, that a new row has in its other fields; nulls are left out."""
    fields = [field for field in row._meta.concrete_fields if not (field.primary_key or field.generated)]
    return {
        field.name: field.get_db_prep_save(value, connection)
        for field in fields
        if field.name not in without and (value := getattr(row, field.attname)) is not None
    }


def _movie(row: MovieRow, link: LinkRow | None, stored: tuple[int, list[Any]] | None) -> Movie | None:
    """The movie as it must be written, or None if it is stored like that."""
    title = parse_title(row.title)
    pk, before = stored or (None, [None] * len(SAID))
    links = [link.imdb_id, link.tmdb_id] if link else before[-2:]
    said = [title.title, title.alternative, title.year, *links]
    if said == before:
        return None
    return Movie(
        pk=pk,
        movielens_id=row.movielens_id,
        sort_title=sort_key(title.title),
        search_text=search_key(title.title, title.alternative, title.year),
        **dict(zip(SAID, said, strict=True)),
    )


def _write_genres(rows: list[MovieRow], movies: _Known, store: Store) -> set[int]:
    """Give the movies their genres; say which of our movies' genres were changed."""
    genres = {genre.name: genre.pk for genre in Genre.objects.all()}
    for name in sorted({name for row in rows for name in row.genres} - genres.keys()):
        genres[name] = Genre.objects.create(name=name, slug=_free_slug(name)).pk
    through = Movie.genres.through
    wanted = _pairs((row.movielens_id, genres[name]) for row in rows for name in row.genres)
    wanted[:, 0] = movies.find(wanted[:, 0])
    stored = _pairs(through.objects.values_list("movie_id", "genre_id"))
    stored = stored[np.isin(stored[:, 0], movies.find(np.array([row.movielens_id for row in rows])))]
    added = _without(wanted, stored)
    taken = _without(stored, wanted)
    store.insert(through, ("movie", "genre"), added)
    for movie, genre in taken:
        through.objects.filter(movie_id=movie, genre_id=genre).delete()
    return {movie for movie, _ in (*added, *taken)}


def _pairs(pairs: Iterable[tuple[int | None, int]]) -> NDArray[np.int64]:
    """(n, 2) int64, in ascending order."""
    table = np.array(list(pairs), np.int64).reshape(-1, 2)
    return table[np.lexsort(table.T[::-1])]


def _without(pairs: NDArray[np.int64], others: NDArray[np.int64]) -> list[list[int]]:
    """The pairs that are not among the others."""
    keys, other_keys = (table[:, 0] << 32 | table[:, 1] for table in (pairs, others))
    rest: list[list[int]] = pairs[~np.isin(keys, other_keys)].tolist()
    return rest


def _free_slug(name: str) -> str:
    """What a genre is called in addresses; another may have the same letters in its name."""
    slug = base = slugify(name)[:50] or "genre"
    number = 1
    while Genre.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _write_tags(release: Release, store: Store, movies: _Known, people: _People) -> Written:
    numbers: dict[str, int] = {}
    found = np.fromiter(
        (
            (row.user, row.movie, numbers.setdefault(row.tag, len(numbers)), row.tagged_at)
            for row in _known_tags(release, movies)
        ),
        dtype=np.dtype((np.int64, 4)),
    )
    if not len(found):
        return Written()
    rows = np.asarray(found, dtype=np.int64)
    tags = _tags(set(numbers), store)
    ours = np.array([tags[Tag.key_of(name)] for name in numbers])
    rows = np.column_stack([people.find(rows[:, 0]), movies.find(rows[:, 1]), ours[rows[:, 2]], rows[:, 3]])
    rows = rows[np.lexsort(rows.T[::-1])]
    latest = rows[np.append((rows[1:, :3] != rows[:-1, :3]).any(axis=1), True)]
    added = store.merge(MovieTag, ("user", "movie", "tag", "tagged_at"), (row.tolist() for row in latest))
    return Written(added, 0, len(rows) - added)


def _known_tags(release: Release, movies: _Known) -> Iterator[TagRow]:
    known = set(movies.theirs.tolist())
    for row in release.tags():
        if row.movie in known:
            yield row
        elif release.layout.tags:
            release.rejects.add(release.layout.tags.file, row.line, _unknown(release, row.movie))


def _tags(names: set[str], store: Store) -> dict[str, int]:
    """Our ids of the tags, by key; tags that are new are added."""
    new = {Tag.key_of(name): name for name in sorted(names, reverse=True)}
    for key in Tag.objects.values_list("key", flat=True):
        new.pop(key, None)
    store.insert(Tag, ("name", "key"), ((name, key) for key, name in new.items()))
    return dict(Tag.objects.values_list("key", "pk"))
