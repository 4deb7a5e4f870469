from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from movies.exporting import People, export


class Command(BaseCommand):
    help = (
        "Write people's ratings and tags, and the movies, as a folder of CSV files in MovieLens' form, which "
        "load_movielens reads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that is not there yet")
        parser.add_argument(
            "--people",
            type=People,
            choices=list(People),
            default=People.ALL,
            help="whose: everybody's (the default), MovieLens' people's, or those of the site's own members",
        )

    def handle(self, *, folder: Path, people: People, **options: Any) -> None:
        try:
            exported = export(folder, people)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{folder}: {exported.ratings:,} ratings and {exported.tags:,} tags of {exported.movies:,} movies."
        )
