from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from movies.transfer import parquet
from movies.transfer.release import People, export


class Command(BaseCommand):
    help = (
        "Write people's ratings and tags, and the movies, as a folder of CSV files in MovieLens' form, which "
        "load_movielens reads. Or, with --parquet, everybody's ratings alone, by our own ids, for "
        "engines such as Spark."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that is not there yet")
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--people",
            type=People,
            choices=list(People),
            default=People.ALL,
            help="whose: everybody's (the default), MovieLens' people's, or those of the site's own members",
        )
        form.add_argument("--parquet", action="store_true", help="Parquet files in parts by a hash of the user")

    def handle(self, *, folder: Path, people: People, parquet: bool, **options: Any) -> None:
        try:
            self.stdout.write(f"{folder}: {written_as_parquet(folder) if parquet else written(folder, people)}.")
        except OSError as error:
            raise CommandError(str(error)) from error


def written_as_parquet(folder: Path) -> str:
    return f"{parquet.export(folder):,} ratings in {parquet.PARTS} parts"


def written(folder: Path, people: People) -> str:
    exported = export(folder, people)
    return f"{exported.ratings:,} ratings and {exported.tags:,} tags of {exported.movies:,} movies"
