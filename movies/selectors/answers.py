"""Answers to a search: the movies and tags that a text may mean, best first, and a corrected spelling."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import QuerySet

from movies.models import Movie, Tag
from movies.search import current, matcher
from movies.search.current import Indexes
from movies.search.matcher import Match
from movies.search.text_index import TextIndex, checksum
from movies.selectors import movie_queries, search
from movies.selectors.movie_queries import Browse, Sort

MOST_TAGS = 2
SHORTEST_TAG = 3
"""Shorter texts are the beginnings of too many tags."""
MOST_RANKED = 60
"""The best matches lead a list of movies; all others with the words follow in the list's own order."""


@dataclass(frozen=True)
class Answers:
    """Movies and tags for a text, best first.

    `close` says whether any movie has the words as they were typed, and `corrected` is another spelling to offer.
    `tags_first` if the text is the name of a tag but of no movie.
    """

    movies: list[Movie] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    tags_first: bool = False
    corrected: str = ""
    close: bool = True


@dataclass(frozen=True)
class Ranked:
    """Movies in two parts, for a paginator: the best matches by id, then all others."""

    best: Sequence[int]
    others: QuerySet[Movie]

    def count(self) -> int:
        return len(self.best) + self.others.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Movie]:
        start, stop, n_best = part.start, part.stop, len(self.best)
        movies = movie_queries.movies_by_id(self.best[start:stop])
        if stop > n_best:
            movies += self.others[max(start - n_best, 0) : stop - n_best]
        return movies


def answers(text: str, n: int, *, exclude: Collection[int] = ()) -> Answers:
    """Return up to n movies, without the excluded ids, and two tags for a text; without words it has no answers."""
    if not search.words(text):
        return Answers()
    indexes = current.current()
    if indexes is None:
        movies = list(movie_queries.browse(Browse(text=text)).exclude(pk__in=list(exclude)[:MOST_RANKED])[:n])
        return Answers(movies, close=bool(movies))
    matches = _matches(indexes, text, n + min(len(exclude), MOST_RANKED))
    matches = [match for match in matches if match.pk not in exclude][:n]
    by_id = movie_queries.in_bulk([match.pk for match in matches])
    texts = {pk: movie.search_text for pk, movie in by_id.items()}
    matches, found = _judged(indexes, text, matches, texts)
    return replace(found, movies=[by_id[match.pk] for match in matches])


def find(filters: Browse) -> tuple[Ranked | QuerySet[Movie], Answers]:
    """Return the movies that match all filters, and the answers to their text without its movies.

    In the default order the best matches lead the list.
    """
    if not search.words(filters.text):
        return movie_queries.browse(filters), Answers()
    best, found = _best(filters.text)
    if filters.sort != Sort.POPULAR:
        return movie_queries.browse(filters, also=best), found
    eligible = set(movie_queries.browse(filters, only=best).values_list("pk", flat=True))
    others = movie_queries.browse(filters).exclude(pk__in=best)
    return Ranked([pk for pk in best if pk in eligible], others), found


def found(filters: Browse) -> QuerySet[Movie]:
    """Return the movies that match all filters as one query, in the order of the filters."""
    if not search.words(filters.text):
        return movie_queries.browse(filters)
    return movie_queries.browse(filters, also=_best(filters.text)[0])


def _best(text: str) -> tuple[list[int], Answers]:
    """Return the ids of the best matches, and the answers without movies.

    Misspelled matches count only where no movie has the words as they were typed.
    """
    indexes = current.current()
    if indexes is None:
        return [], Answers()
    matches = _matches(indexes, text, MOST_RANKED)
    texts = dict(Movie.objects.filter(pk__in=[match.pk for match in matches]).values_list("pk", "search_text"))
    matches, found = _judged(indexes, text, matches, texts)
    return [match.pk for match in matches if match.close or not found.close], found


def _judged(
    indexes: Indexes, text: str, matches: Sequence[Match], texts: Mapping[int, str]
) -> tuple[list[Match], Answers]:
    """Drop movies that are gone or have other names by now, and return the answers that follow from the others."""
    matches = [match for match in matches if match.pk in texts and checksum(texts[match.pk]) == match.checksum]
    corrected = matcher.corrected(text, matches[0].name) if matches and not matches[0].close else ""
    tags, tags_first = _tags(indexes.tags, text, matches, corrected)
    return matches, Answers([], tags, tags_first, corrected, any(match.close for match in matches))


def _matches(indexes: Indexes, text: str, n: int) -> list[Match]:
    """Return the best matches of the index and of the movies that are newer than it.

    Misspelled matches after the first one that has the words as they were typed are left out.
    """
    matches = matcher.search(indexes.movies, text, n)
    newer = search.matching(Movie.objects.filter(pk__gt=indexes.last_pk), text).order_by("-rating_count", "pk")
    if rows := list(newer.values_list(*current.FIELDS)[:n]):
        most = int(indexes.movies.counts.max(initial=0))
        matches += matcher.search(TextIndex((current.document(row) for row in rows), most), text, n)
        matches.sort(key=lambda match: -match.score)
    least = max((match.score for match in matches if match.close), default=0)
    return [match for match in matches if match.close or match.score >= least][:n]


def _tags(index: TextIndex, text: str, movies: Sequence[Match], corrected: str) -> tuple[list[Tag], bool]:
    """Return the tags that a text names or begins, or misspells if no movie has its words."""
    found = matcher.search(index, text, 3 * MOST_TAGS) if len(text.strip()) >= SHORTEST_TAG else []
    is_close = any(match.close for match in movies)
    named = [match for match in found if match.named][:1]
    n_words = len(search.words(text))
    begun = [match for match in found if match.begins and match.close and not match.named]
    misspelled = [match for match in found if not match.close and len(search.words(match.name)) == n_words]
    chosen = (named + begun + ([] if is_close else misspelled))[:MOST_TAGS]
    by_id = Tag.objects.in_bulk([match.pk for match in chosen])
    tags = [by_id[match.pk] for match in chosen if match.pk in by_id]
    is_known = any(match.known for match in movies)
    return tags, bool(tags) and (not movies or (bool(named) and not is_known) or (not is_close and not corrected))
