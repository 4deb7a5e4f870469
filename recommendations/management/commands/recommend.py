from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from movies.selectors import RatingSort, ratings_of
from recommendations.selectors import UnknownUserError, user_named
from recommendations.services import recommend
from recommendations.terminal import print_json, recommendations_report, show_recommendations

BEST_RATED = 5


class Command(BaseCommand):
    help = "Show what somebody sees: their recommendations, and above them the movies that they rated best."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="username, id, or movielens:ID")
        parser.add_argument("-n", type=int, default=10, help="how many movies (default: 10)")
        parser.add_argument("--json", action="store_true", help="print one JSON object, and only that")

    def handle(self, *, user: str, n: int, json: bool, **options: Any) -> None:
        if n < 1:
            raise CommandError(f"-n is {n}; ask for at least 1 movie.")
        try:
            person = user_named(user)
        except UnknownUserError as error:
            raise CommandError(str(error)) from error
        rated = list(ratings_of(person, RatingSort.BEST)[:BEST_RATED])
        found = recommend(person, n=n)
        if json:
            print_json(recommendations_report(person, rated, found))
        else:
            show_recommendations(person, rated, found)
