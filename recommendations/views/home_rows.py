"""Rows of movies on the home page, and picks with their reasons."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from movies import selectors
from movies.cards import Card, Shelf, cards
from movies.models import Genre, Movie, User
from recommendations.feedback import recorder
from recommendations.models import Place
from recommendations.serving.query import UserQuery
from recommendations.serving.recommend import Filters, Source, Steering, least_rated_genre, recommend
from recommendations.serving.results import Entry, Recommendations

NO_FILTERS = Filters()
UNSTEERED = Steering()
RAIL = 14
ENOUGH = 5
"""A row with fewer movies is not shown."""
LONG_LIST = 160
ENOUGH_RATINGS = 3
HOME_GENRES = ("Comedy", "Sci-Fi", "Thriller", "Animation", "Drama")


@dataclass(frozen=True)
class Picks:
    """Cards of recommended movies, and their source."""

    cards: list[Card]
    source: Source

    @property
    def personal(self) -> bool:
        return self.source != Source.POPULAR


@dataclass(frozen=True)
class Progress:
    """A member's progress towards their first recommendations."""

    rated: int

    @property
    def left(self) -> int:
        return max(0, ENOUGH_RATINGS - self.rated)

    @property
    def done(self) -> bool:
        return self.left == 0

    @property
    def of(self) -> int:
        return ENOUGH_RATINGS


def progress(query: UserQuery) -> Progress:
    return Progress(len(query.history.ratings.movie_ids))


def picks(
    user: User,
    query: UserQuery,
    *,
    n: int,
    filters: Filters = NO_FILTERS,
    steering: Steering = UNSTEERED,
    place: Place = Place.LIST,
) -> Picks:
    """Recommend movies as cards, and record their impressions."""
    recommended = recommend(user, n=n, filters=filters, steering=steering, query=query)
    recorder.shown(user, recommended, place)
    entries = recommended.entries
    stars = {entry.movie.pk: entry.stars for entry in entries if entry.stars and user.shows_predictions}
    return Picks(cards(user, _movies(entries), _reasons(entries), stars), recommended.source)


def for_visitors() -> list[Shelf]:
    """Return the rows of a visitor's home page: popular, popular now, best rated, and some genres."""
    browse = reverse("movies:browse")
    return [
        Shelf("Popular", selectors.popular(RAIL), browse),
        _popular_now(),
        Shelf("Best rated", selectors.best_rated(RAIL), f"{browse}?sort=rating"),
        *(_popular_in(genre) for genre in _home_genres()),
    ]


def for_member(user: User, query: UserQuery) -> tuple[Source, list[Shelf]]:
    """Return the source of a member's picks and the rows of their home page; no pick is in two rows."""
    recommended = recommend(user, n=LONG_LIST, reasons=1, query=query)
    hidden = query.history.hidden
    watchlist = Shelf("Your watchlist", list(selectors.watchlist_of(user)[:RAIL]), reverse("movies:watchlist"))
    if recommended.source == Source.POPULAR:
        start = Shelf("Popular and new to you", _movies(recommended.entries[:RAIL]), reverse("movies:browse"))
        rows = [start, watchlist, *(_popular_in(genre, hidden) for genre in _home_genres())]
    else:
        rows = [*_personal(user, query, recommended), watchlist]
    recorder.shown(user, recommended, Place.HOME, only=[movie.pk for shelf in rows for movie in shelf.movies])
    return recommended.source, rows


def _personal(user: User, query: UserQuery, recommended: Recommendations) -> list[Shelf]:
    first, rest = recommended.entries[:RAIL], list(recommended.entries[RAIL:])
    for_you = Shelf("For you", _movies(first), reverse("recommendations:list"), reasons=_reasons(first))
    because = _because(rest)
    shown = {movie.pk for shelf in because for movie in shelf.movies}
    rest = [entry for entry in rest if entry.movie.pk not in shown]
    gems = _hidden_gems(rest)
    exclude = [movie.pk for shelf in (for_you, *because, gems) for movie in shelf.movies]
    return [for_you, *because, gems, *_new_genre(user, query, exclude), _popular_now(query.history.hidden)]


def _because(entries: Sequence[Entry]) -> list[Shelf]:
    """Return rows of movies with the same strongest reason, for the two most frequent reasons."""
    by_reason: dict[Movie, list[Movie]] = {}
    for entry in entries:
        if entry.reasons:
            by_reason.setdefault(entry.reasons[0].movie, []).append(entry.movie)
    most_frequent = sorted(by_reason, key=lambda movie: -len(by_reason[movie]))[:2]
    return [
        Shelf(f"Because you rated {movie.title}", by_reason[movie][:RAIL])
        for movie in most_frequent
        if len(by_reason[movie]) >= ENOUGH
    ]


def _hidden_gems(entries: Sequence[Entry]) -> Shelf:
    """Return the row of recommended movies in the lowest third by number of ratings."""
    counts = sorted(entry.movie.rating_count for entry in entries)
    limit = counts[len(counts) // 3] if counts else 0
    gems = [entry.movie for entry in entries if entry.movie.rating_count <= limit][:RAIL]
    return Shelf("Hidden gems for you", gems, lead="Fewer people have seen these.")


def _new_genre(user: User, query: UserQuery, exclude: Sequence[int]) -> list[Shelf]:
    """Return a row of picks from the genre that the member has rated least."""
    genre_id = least_rated_genre(query.history)
    genre = Genre.objects.filter(pk=genre_id).first() if genre_id else None
    if genre is None:
        return []
    filters = Filters(genres=frozenset([genre.pk]))
    recommended = recommend(user, n=RAIL, filters=filters, exclude=exclude, reasons=0, query=query)
    more = f"{reverse('recommendations:list')}?genre={genre.slug}"
    return [Shelf(f"New to you: {genre.name}", _movies(recommended.entries), more)]


def _popular_now(hidden: Collection[int] = ()) -> Shelf:
    return Shelf("Popular now", selectors.popular_now(RAIL, exclude=hidden), lead="What people are rating right now.")


def to_rate(query: UserQuery, n: int, exclude: Iterable[int] = ()) -> list[Movie]:
    """Return well-known movies that the member has not rated or hidden, without the ids in `exclude`."""
    return selectors.well_known(n, exclude={*query.history.ratings.movie_ids.tolist(), *query.history.hidden, *exclude})


def _popular_in(genre: Genre, hidden: Collection[int] = ()) -> Shelf:
    movies = selectors.popular(RAIL, genre=genre, exclude=hidden)
    return Shelf(genre.name, movies, f"{reverse('movies:browse')}?genre={genre.slug}")


def _home_genres() -> QuerySet[Genre]:
    return Genre.objects.filter(name__in=HOME_GENRES)


def _movies(entries: Sequence[Entry]) -> list[Movie]:
    return [entry.movie for entry in entries]


def _reasons(entries: Sequence[Entry]) -> dict[int, Sequence[object]]:
    return {entry.movie.pk: entry.reasons for entry in entries}


def whole_number(text: str | None, default: int) -> int:
    """Parse a number from a query string; return the default if it is not one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else default
