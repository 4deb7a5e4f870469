"""What somebody looks for among their own ratings."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from movies import selectors
from movies.models import Genre, Rating, User
from movies.selectors import RatingSort
from movies.titles import plain


class StarsRange(StrEnum):
    """Ratings of some height, by the name they have in an address."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


_HALF_STARS = {StarsRange.HIGH: (8, 10), StarsRange.MIDDLE: (5, 7), StarsRange.LOW: (1, 4)}


@dataclass(frozen=True)
class RatingsWanted:
    """The words of a title, a range of stars and a genre, each if it is given, and an order."""

    text: str = ""
    stars: StarsRange | None = None
    genre: Genre | None = None
    sort: RatingSort = RatingSort.LATEST


def find_ratings(user: User, wanted: RatingsWanted) -> QuerySet[Rating]:
    """The ratings of a user that match all that is wanted, in the wanted order."""
    found = selectors.ratings_of(user, wanted.sort)
    for word in plain(wanted.text).split():
        found = found.filter(movie__search_text__contains=word)
    if wanted.stars:
        found = found.filter(half_stars__range=_HALF_STARS[wanted.stars])
    if wanted.genre:
        found = found.filter(movie__genres=wanted.genre)
    return found
