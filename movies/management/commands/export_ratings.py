"""`manage.py export_ratings`: export ratings as a MovieLens release or as Parquet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from movies.transfer import parquet
from movies.transfer.release import People, export


class Command(BaseCommand):
    help = (
        "Export ratings, tags and movies as a folder of CSV files in MovieLens format, which load_movielens reads. "
        "With --parquet, export only the ratings of all users, by primary keys, for engines such as Spark."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="folder to create; it must not exist")
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--people",
            type=People,
            choices=list(People),
            default=People.ALL,
            help="whose ratings: all (default), those of MovieLens users, or those of members of this site",
        )
        form.add_argument(
            "--parquet", action="store_true", help="write Parquet files partitioned by a hash of the user"
        )

    def handle(self, *, folder: Path, people: People, parquet: bool, **options: Any) -> None:
        try:
            self.stdout.write(f"{folder}: {_export_parquet(folder) if parquet else _export_release(folder, people)}.")
        except OSError as error:
            raise CommandError(str(error)) from error


def _export_parquet(folder: Path) -> str:
    return f"{parquet.export(folder):,} ratings in {parquet.PARTS} parts"


def _export_release(folder: Path, people: People) -> str:
    exported = export(folder, people)
    return f"{exported.ratings:,} ratings and {exported.tags:,} tags of {exported.movies:,} movies"
