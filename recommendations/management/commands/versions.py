"""`manage.py versions`: list versions or compare two."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations import selectors
from recommendations.management.output.progress import print_json
from recommendations.management.output.run_tables import difference_tables, versions_table
from recommendations.models import ModelVersion
from recommendations.versions.artifacts import ArtifactError
from recommendations.versions.diff import difference
from recommendations.versions.registry import VersionError, by_name


class Command(BaseCommand):
    help = "List the versions of the model, or compare two: `versions diff OLD NEW`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print only one JSON value")
        actions = parser.add_subparsers(dest="action", metavar="diff")
        diff = actions.add_parser("diff", help="metrics, coverage, and how 50 users' lists change")
        diff.add_argument("old", help="name of a version, or its beginning")
        diff.add_argument("new", help="name of a version, or its beginning")

    def handle(self, *, json: bool, action: str | None, **options: Any) -> None:
        console = Console(file=sys.stdout)
        if action == "diff":
            changes = self.compare(options["old"], options["new"])
            print_json(changes) if json else console.print(*difference_tables(changes))
            return
        versions = list(ModelVersion.objects.all())
        if json:
            print_json([selectors.version_report(version) for version in versions])
        else:
            console.print(versions_table(versions))

    def compare(self, old: str, new: str) -> dict[str, Any]:
        try:
            return difference(by_name(old), by_name(new))
        except (VersionError, ArtifactError) as error:
            raise CommandError(str(error)) from error
