"""What pages, endpoints and the recommender read of the catalogue."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, zip_longest

from django.core.cache import cache
from django.db.models import Count, Exists, F, OrderBy, OuterRef, Prefetch, QuerySet

from movies.models import Genre, Movie, MovieTag, Rating, Tag
from movies.selectors import search

VALUES_PER_QUERY = 500
"""So many values are looked up in one query: databases take only so many."""
MANY_RATINGS = 5_000
"""From so many ratings on, a movie's histogram is kept: a new rating would not show."""
UNSEEN = 0.01
"""It is counted anew when this share of the ratings has come or gone, and after a week."""
WEEK = 7 * 24 * 3600

LATEST_RATINGS = 5_000
"""What “now” means."""

BEST_KNOWN, WELL_KNOWN = 2_000, 240
"""Movies that may be offered for rating; of those that somebody has not rated yet, so many are mixed by genre."""
MOVIES_PER_PAGE = 500
"""So many of them are looked at, and more for who has rated most of these."""


class Sort(StrEnum):
    """Orders of a list of movies, by the name they have in an address."""

    POPULAR = "popular"
    RATING = "rating"
    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


_ORDER: dict[Sort, tuple[str | OrderBy, ...]] = {
    Sort.POPULAR: ("-rating_count", "pk"),
    Sort.RATING: ("-rating_score", "pk"),
    Sort.NEWEST: (F("year").desc(nulls_last=True), "-rating_count", "pk"),
    Sort.OLDEST: (F("year").asc(nulls_last=True), "-rating_count", "pk"),
    Sort.TITLE: ("sort_title", "year", "pk"),
}


@dataclass(frozen=True)
class Browse:
    """What somebody looks for in the catalogue.

    Movies have every genre (by slug) and the tag (by name); the years are inclusive.
    """

    text: str = ""
    genres: tuple[str, ...] = ()
    tag: str = ""
    year_from: int | None = None
    year_to: int | None = None
    min_ratings: int | None = None
    sort: Sort = Sort.POPULAR


def movies() -> QuerySet[Movie]:
    """All movies, with their genres at hand."""
    return Movie.objects.prefetch_related(Prefetch("genres", to_attr="genre_list"))  # type: ignore[no-redef]  # a cached property, which this fills


def browse(wanted: Browse) -> QuerySet[Movie]:
    """The movies that match all that is wanted, in the wanted order.

    Genres and the tag are looked up first: only of an id does the database know how many movies have it, and with
    that whether to go through those or through all movies in their order.
    """
    found = search.matching(movies(), wanted.text)
    genres = list(Genre.objects.filter(slug__in=wanted.genres).values_list("pk", flat=True))
    if len(genres) < len(set(wanted.genres)):
        found = found.none()
    for genre in genres:
        found = found.filter(genres=genre)
    if wanted.tag:
        tag = Tag.objects.filter(key=Tag.key_of(wanted.tag)).values_list("pk", flat=True).first()
        found = found.filter(Exists(MovieTag.objects.filter(tag=tag, movie=OuterRef("pk"))))
    limits = {"year__gte": wanted.year_from, "year__lte": wanted.year_to, "rating_count__gte": wanted.min_ratings}
    return found.filter(**{field: limit for field, limit in limits.items() if limit is not None}).order_by(
        *_ORDER[wanted.sort]
    )


def popular(n: int = 10, *, genre: Genre | None = None) -> list[Movie]:
    """The movies, of a genre if one is given, that most people rated."""
    found = movies() if genre is None else movies().filter(genres=genre)
    return list(found.order_by(*_ORDER[Sort.POPULAR])[:n])


def popular_now(n: int) -> list[Movie]:
    """The movies that most of the latest ratings are of; may be an hour old."""
    ids: list[int] = cache.get("popular-now", [])
    if not ids:
        latest = Rating.objects.order_by("-pk").values("movie_id")[:LATEST_RATINGS]
        counted = Counter(row["movie_id"] for row in latest)
        ids = [pk for pk, _ in counted.most_common(n)]
        cache.set("popular-now", ids, 3600)
    return movies_by_id(ids[:n])


def best_rated(n: int = 10, *, genre: Genre | None = None) -> list[Movie]:
    """The movies, of a genre if one is given, with the best mean after few ratings have been discounted."""
    found = movies() if genre is None else movies().filter(genres=genre)
    return list(found.order_by(*_ORDER[Sort.RATING])[:n])


def well_known(n: int, *, exclude: Collection[int] = ()) -> list[Movie]:
    """Movies that most people know, from all genres in turn, without those with these ids.

    Whoever rates some of them says much about their taste in a short time.
    """
    known = list(islice(chain.from_iterable(_best_known(exclude)), WELL_KNOWN))
    queues: dict[int, list[int]] = {}
    for pk, genres in known:
        for genre in genres:
            queues.setdefault(genre, []).append(pk)
    in_turn = chain.from_iterable(zip_longest(*queues.values()))
    ids = dict.fromkeys(pk for pk in chain(in_turn, (pk for pk, _ in known)) if pk is not None)
    return movies_by_id(list(ids)[:n])


def best_known_of(genres: Collection[int], n: int, *, exclude: Collection[int] = ()) -> list[Movie]:
    """Well-known movies that share genres with these, those that share most first, without those with some ids."""
    shared: dict[int, int] = {}
    for page in _best_known(exclude):
        alike = {pk: len(set(genres).intersection(of)) for pk, of in page}
        shared |= {pk: common for pk, common in alike.items() if common}
        if len(shared) >= n:
            break
    return movies_by_id(sorted(shared, key=lambda pk: -shared[pk])[:n])


def _best_known(exclude: Collection[int]) -> Iterator[list[tuple[int, list[int]]]]:
    """Pages of the best known movies by their ids, each with those of its genres; may be an hour old."""
    for start in range(0, BEST_KNOWN, MOVIES_PER_PAGE):
        key = f"best-known:{start}"
        known: list[tuple[int, list[int]]] | None = cache.get(key)
        if known is None:
            found = movies().order_by(*_ORDER[Sort.POPULAR])[start : start + MOVIES_PER_PAGE]
            known = [(movie.pk, [genre.pk for genre in movie.genre_list]) for movie in found]
            cache.set(key, known, 3600)
        yield [(pk, genres) for pk, genres in known if pk not in exclude]


def movies_by_id(ids: Sequence[int]) -> list[Movie]:
    """The movies with these ids, in the order of the ids; ids of no movie are left out."""
    found = in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def in_bulk(ids: Collection[int]) -> dict[int, Movie]:
    """The movies with these ids by id, with their genres at hand at half of what `movies()` takes for them."""
    found = Movie.objects.in_bulk(ids)
    for movie in found.values():
        movie.genre_list = []
    genres: dict[int, Genre] = {}
    pairs = Movie.genres.through._default_manager.filter(movie__in=found).order_by("genre__name")
    for movie_id, pk, name, slug in pairs.values_list("movie", "genre", "genre__name", "genre__slug"):
        if pk not in genres:
            genres[pk] = Genre(pk, name, slug)
        found[movie_id].genre_list.append(genres[pk])
    return found


def genres() -> QuerySet[Genre]:
    return Genre.objects.all()


def rating_histogram(movie: Movie) -> list[int]:
    """How many people gave it half a star, one star, … five stars: ten counts."""
    key = f"histogram:{movie.pk}"
    many = movie.rating_count >= MANY_RATINGS
    if many and (cached := cache.get(key)) and abs(movie.rating_count - sum(cached)) <= UNSEEN * movie.rating_count:
        return list(cached)
    rows = Rating.objects.filter(movie=movie).order_by().values_list("half_stars").annotate(times=Count("*"))
    counted: dict[int, int] = dict(rows)
    histogram = [counted.get(half_stars, 0) for half_stars in range(1, 11)]
    if many:
        cache.set(key, histogram, WEEK)
    return histogram


def ids_of_genre(slug: str) -> list[int]:
    return list(Movie.objects.filter(genres__slug=slug).values_list("pk", flat=True))


def ids_by(field: str, values: Iterable[int]) -> dict[int, int]:
    """The ids of the movies whose `field` (`id`, `movielens_id`, `imdb_id`, `tmdb_id`) has these values, by value.

    Where several have one, the one that most people rated.
    """
    wanted = sorted(set(values))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), VALUES_PER_QUERY):
        some = Movie.objects.filter(**{f"{field}__in": wanted[start : start + VALUES_PER_QUERY]})
        found.update(some.order_by("rating_count", "pk").values_list(field, "pk"))
    return found
