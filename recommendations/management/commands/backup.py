"""`manage.py backup`: write the whole site into one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from recommendations.backups.container import BackupError
from recommendations.backups.create import back_up
from recommendations.management.output.transfer_progress import transfer_progress


class Command(BaseCommand):
    help = (
        "Write all rows of the database, as of one point in time, and the model versions that serve into one zip, "
        "which `manage.py restore` reads, also into the other kind of database. The site keeps running. The file holds "
        "addresses and password hashes of members: keep it private."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the backup, which must not exist yet")
        parser.add_argument("--posters", action="store_true", help="include the posters fetched from TMDB")

    def handle(self, *, file: Path, posters: bool, **options: Any) -> None:
        try:
            with transfer_progress() as progress:
                details = back_up(file, progress, posters=posters)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted; no backup was made.", returncode=130) from error
        count = sum(table["rows"] for table in details["tables"].values())
        versions = ", ".join(details["versions"]) or "no version"
        self.stdout.write(f"{file}: {count:,} rows, {versions}, {file.stat().st_size / 1e6:,.1f} MB.")
