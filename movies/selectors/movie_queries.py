"""Queries of movies and genres: browsing, popularity, lookups by id and histograms."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, F, OrderBy, OuterRef, Prefetch, Q, QuerySet

from movies.models import Genre, HiddenMovie, Movie, MovieTag, Rating, SeenMovie, Tag
from movies.selectors import search
from recsite.database.cache import is_list_of, read

VALUES_PER_QUERY = 500
"""Databases limit the number of parameters of a query."""
CACHED_FROM_RATINGS = 5_000
"""From this many ratings on, a movie's histogram is cached: a single new rating would not be visible in it."""
MAX_DRIFT = 0.01
"""A cached histogram is recounted when the number of ratings has changed by this share, and after a week."""
WEEK = 7 * 24 * 3600

LATEST_RATINGS = 5_000
"""The ratings that `popular_now` counts."""
POPULAR_NOW = 500
"""How many movies are kept, so that a row stays full without those that a member has hidden."""

BEST_KNOWN, WELL_KNOWN = 2_000, 240
"""The most rated movies that may be offered for rating, and how many of the unrated ones are mixed by genre."""
MOVIES_PER_PAGE = 500
"""They are read in pages; only users who have rated most of a page need the next one."""


class Sort(StrEnum):
    """Orders of a list of movies, by their value in the URL."""

    POPULAR = "popular"
    RATING = "rating"
    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


class Mine(StrEnum):
    """Parts of the catalogue by what a member has marked, by their value in the URL."""

    NEW = "new"
    """Neither rated, seen nor hidden."""
    SEEN = "seen"
    """Rated or seen."""
    HIDDEN = "hidden"


_ORDER: dict[Sort, tuple[str | OrderBy, ...]] = {
    Sort.POPULAR: ("-rating_count", "pk"),
    Sort.RATING: ("-rating_score", "pk"),
    Sort.NEWEST: (F("year").desc(nulls_last=True), "-rating_count", "pk"),
    Sort.OLDEST: (F("year").asc(nulls_last=True), "-rating_count", "pk"),
    Sort.TITLE: ("sort_title", "year", "pk"),
}


@dataclass(frozen=True)
class Browse:
    """Filters and order of the catalogue.

    Movies must have all genres (slugs) and the tag (name); the years are inclusive.
    """

    text: str = ""
    genres: tuple[str, ...] = ()
    tag: str = ""
    year_from: int | None = None
    year_to: int | None = None
    min_ratings: int | None = None
    sort: Sort = Sort.POPULAR
    mine: Mine | None = None
    member: int | None = None
    """The id of the user whose marks `mine` counts."""


def movies() -> QuerySet[Movie]:
    """Return all movies with their genres prefetched."""
    return Movie.objects.prefetch_related(Prefetch("genres", to_attr="genre_list"))  # type: ignore[no-redef]  # a cached property, which this fills


def browse(filters: Browse, *, also: Collection[int] = (), only: Collection[int] | None = None) -> QuerySet[Movie]:
    """Return the movies that match all filters, in the requested order.

    Movies with the ids `also` need not match the text. With `only`, the text does not count, but the ids do.

    Genres and the tag are looked up first: only for an id can the planner estimate how many movies have it, and choose
    between scanning those and scanning all movies in the requested order.
    """
    matches = search.matching(movies(), filters.text, also=also) if only is None else movies().filter(pk__in=only)
    genres = list(Genre.objects.filter(slug__in=filters.genres).values_list("pk", flat=True))
    if len(genres) < len(set(filters.genres)):
        matches = matches.none()
    for genre in genres:
        matches = matches.filter(genres=genre)
    if filters.tag:
        tag = Tag.objects.filter(key=Tag.key_of(filters.tag)).values_list("pk", flat=True).first()
        matches = matches.filter(Exists(MovieTag.objects.filter(tag=tag, movie=OuterRef("pk"))))
    if filters.mine:
        matches = matches.filter(_of_member(filters.mine, filters.member))
    limits = {"year__gte": filters.year_from, "year__lte": filters.year_to, "rating_count__gte": filters.min_ratings}
    return matches.filter(**{field: limit for field, limit in limits.items() if limit is not None}).order_by(
        *_ORDER[filters.sort]
    )


def _of_member(mine: Mine, member: int | None) -> Q:
    rated, seen, hidden = (
        Q(Exists(model._default_manager.filter(user=member, movie=OuterRef("pk"))))
        for model in (Rating, SeenMovie, HiddenMovie)
    )
    return {Mine.NEW: ~(rated | seen | hidden), Mine.SEEN: rated | seen, Mine.HIDDEN: hidden}[mine]


def popular(n: int = 10, *, genre: Genre | None = None, exclude: Collection[int] = ()) -> list[Movie]:
    """Return the n most rated movies, optionally of a genre, without the excluded ids."""
    candidates = Movie.objects.all() if genre is None else Movie.objects.filter(genres=genre)
    ids = candidates.order_by(*_ORDER[Sort.POPULAR]).values_list("pk", flat=True)[: n + len(exclude)]
    return movies_by_id([pk for pk in ids if pk not in exclude][:n])


def popular_now(n: int, *, exclude: Collection[int] = ()) -> list[Movie]:
    """Return the movies with the most ratings among the latest ones, without the excluded ids; cached for an hour."""

    def chosen(ids: list[int]) -> list[int]:
        return [pk for pk in ids if pk not in exclude][:n]

    ids: list[int] = read("popular-now", partial(is_list_of, int)) or []
    found = movies_by_id(chosen(ids))
    if not ids or len(found) < len(chosen(ids)):
        # Nothing is cached yet, or a movie was deleted since.
        latest = Rating.objects.order_by("-rated_at").values("movie_id")[:LATEST_RATINGS]
        ids = [pk for pk, _ in Counter(row["movie_id"] for row in latest).most_common(POPULAR_NOW)]
        cache.set("popular-now", ids, 3600)
        found = movies_by_id(chosen(ids))
    return found


def best_rated(n: int = 10, *, genre: Genre | None = None) -> list[Movie]:
    """Return the n movies with the highest Bayesian average, optionally of a genre."""
    candidates = movies() if genre is None else movies().filter(genres=genre)
    return list(candidates.order_by(*_ORDER[Sort.RATING])[:n])


def well_known(n: int, *, exclude: Collection[int] = ()) -> list[Movie]:
    """Return well-known movies of all genres in turn, except the excluded ids.

    A few ratings of such movies reveal most about a new member's taste.
    """

    def in_turn() -> list[int]:
        candidates = list(islice(chain.from_iterable(_best_known(exclude)), WELL_KNOWN))
        queues: dict[int, list[int]] = {}
        for pk, genres in candidates:
            for genre in genres:
                queues.setdefault(genre, []).append(pk)
        by_turn = chain.from_iterable(zip_longest(*queues.values()))
        ids = dict.fromkeys(pk for pk in chain(by_turn, (pk for pk, _ in candidates)) if pk is not None)
        return list(ids)[:n]

    return _chosen(in_turn)


def best_known_of(genres: Collection[int], n: int, *, exclude: Collection[int] = ()) -> list[Movie]:
    """Return well-known movies that share the most of these genres, except the excluded ids."""

    def most_shared() -> list[int]:
        shared: dict[int, int] = {}
        for page in _best_known(exclude):
            counts = {pk: len(set(genres).intersection(movie_genres)) for pk, movie_genres in page}
            shared |= {pk: count for pk, count in counts.items() if count}
            if len(shared) >= n:
                break
        return sorted(shared, key=lambda pk: -shared[pk])[:n]

    return _chosen(most_shared)


def _chosen(choose: Callable[[], list[int]]) -> list[Movie]:
    """Read the movies chosen from the best known; choose again if one was deleted since those were cached."""
    ids = choose()
    chosen = movies_by_id(ids)
    if len(chosen) < len(ids):
        cache.delete_many([_page_key(start) for start in range(0, BEST_KNOWN, MOVIES_PER_PAGE)])
        chosen = movies_by_id(choose())
    return chosen


def _best_known(exclude: Collection[int]) -> Iterator[list[tuple[int, list[int]]]]:
    """Yield pages of the most rated movies, as (movie id, genre ids); cached for an hour."""
    for start in range(0, BEST_KNOWN, MOVIES_PER_PAGE):
        key = _page_key(start)
        page: list[tuple[int, list[int]]] | None = read(key, _is_page)
        if page is None:
            popular_movies = movies().order_by(*_ORDER[Sort.POPULAR])[start : start + MOVIES_PER_PAGE]
            page = [(movie.pk, [genre.pk for genre in movie.genre_list]) for movie in popular_movies]
            cache.set(key, page, 3600)
        yield [(pk, genres) for pk, genres in page if pk not in exclude]


def _is_page(value: Any) -> bool:
    """Return whether a cached value is a page of `_best_known`; JSON turns its tuples into lists."""
    return isinstance(value, list) and all(
        isinstance(row, list | tuple) and len(row) == 2 and type(row[0]) is int and is_list_of(int, row[1])
        for row in value
    )


def _page_key(start: int) -> str:
    return f"best-known:{start}"


def movies_by_id(ids: Sequence[int]) -> list[Movie]:
    """Return the movies with these ids, in the order of the ids; unknown ids are skipped."""
    by_id = in_bulk(ids)
    return [by_id[pk] for pk in ids if pk in by_id]


def in_bulk(ids: Collection[int]) -> dict[int, Movie]:
    """Return the movies with these ids by id; fills their genres at half the cost of `movies()`."""
    by_id = Movie.objects.in_bulk(ids)
    for movie in by_id.values():
        movie.genre_list = []
    genres: dict[int, Genre] = {}
    pairs = Movie.genres.through._default_manager.filter(movie__in=by_id).order_by("genre__name")
    for movie_id, pk, name, slug in pairs.values_list("movie", "genre", "genre__name", "genre__slug"):
        if pk not in genres:
            genres[pk] = Genre(pk, name, slug)
        by_id[movie_id].genre_list.append(genres[pk])
    return by_id


def existing_ids(ids: Collection[int]) -> set[int]:
    """Return those of the ids that a movie has."""
    wanted, existing = list(ids), set[int]()
    for start in range(0, len(wanted), VALUES_PER_QUERY):
        movies = Movie.objects.filter(pk__in=wanted[start : start + VALUES_PER_QUERY])
        existing.update(movies.values_list("pk", flat=True))
    return existing


def all_movie_ids() -> Iterator[int]:
    return Movie.objects.order_by().values_list("pk", flat=True).iterator(20_000)


def genres() -> QuerySet[Genre]:
    return Genre.objects.all()


def rating_histogram(movie: Movie) -> list[int]:
    """Return ten counts: ratings of half a star, one star, … five stars."""
    key = f"histogram:{movie.pk}"
    is_cached = movie.rating_count >= CACHED_FROM_RATINGS
    max_drift = MAX_DRIFT * movie.rating_count
    if (
        is_cached
        and (cached := read(key, partial(is_list_of, int)))
        and abs(movie.rating_count - sum(cached)) <= max_drift
    ):
        return list(cached)
    rows = Rating.objects.filter(movie=movie).order_by().values_list("half_stars").annotate(times=Count("*"))
    counts: dict[int, int] = dict(rows)
    histogram = [counts.get(half_stars, 0) for half_stars in range(1, 11)]
    if is_cached:
        cache.set(key, histogram, WEEK)
    return histogram


def ids_of_genre(slug: str) -> list[int]:
    return list(Movie.objects.filter(genres__slug=slug).values_list("pk", flat=True))


def ids_by(field: str, values: Iterable[int]) -> dict[int, int]:
    """Map values of a field (`id`, `movielens_id`, `imdb_id` or `tmdb_id`) to movie ids.

    If several movies share a value, the most rated one is returned.
    """
    distinct = sorted(set(values))
    ids: dict[int, int] = {}
    for start in range(0, len(distinct), VALUES_PER_QUERY):
        matches = Movie.objects.filter(**{f"{field}__in": distinct[start : start + VALUES_PER_QUERY]})
        ids.update(matches.order_by("rating_count", "pk").values_list(field, "pk"))
    return ids
