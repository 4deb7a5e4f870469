from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from recommendations.versions import registry
from recommendations.versions.artifacts import ArtifactError


class Command(BaseCommand):
    help = "Let another version of the model serve; every process follows within seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("version", nargs="?", help="its name, or the beginning of it")
        which.add_argument("--previous", action="store_true", help="the one that served before: roll back")

    def handle(self, *, version: str | None, previous: bool, **options: Any) -> None:
        try:
            activation = registry.roll_back() if previous else registry.activate(registry.by_name(version or ""))
        except (registry.VersionError, ArtifactError) as error:
            raise CommandError(str(error)) from error
        overruled = " The gate had refused it." if activation.forced else ""
        self.stdout.write(f"Version {activation.version} serves from now on.{overruled}")
