"""`manage.py restore`: restore the whole site from a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from recommendations.backups.container import BackupError
from recommendations.backups.restore import restore
from recommendations.management.output.transfer_progress import transfer_progress


class Command(BaseCommand):
    help = (
        "Restore a file of `manage.py backup` into a database that `manage.py migrate` of the same release has made, "
        "SQLite or PostgreSQL, in one transaction. Every member is checked before anything is written. Stop web and "
        "worker processes first. All sessions end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the backup")
        parser.add_argument("--force", action="store_true", help="replace all rows of a database that is not empty")

    def handle(self, *, file: Path, force: bool, **options: Any) -> None:
        try:
            with transfer_progress() as progress:
                details = restore(file, progress, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted; the database is as it was.", returncode=130) from error
        count = sum(table["rows"] for table in details["tables"].values())
        self.stdout.write(f"Restored {count:,} rows of {details['created_at']} from {file}.")
