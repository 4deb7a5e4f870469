"""`manage.py activate`: activate a version or roll back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from recommendations.versions import registry
from recommendations.versions.artifacts import ArtifactError


class Command(BaseCommand):
    help = "Activate another version of the model; every process follows within seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("version", nargs="?", help="name of the version, or its beginning")
        target.add_argument("--previous", action="store_true", help="roll back to the version that was active before")

    def handle(self, *, version: str | None, previous: bool, **options: Any) -> None:
        try:
            activation = registry.roll_back() if previous else registry.activate(registry.by_name(version or ""))
        except (registry.VersionError, ArtifactError) as error:
            raise CommandError(str(error)) from error
        warning = " The gate had refused it." if activation.forced else ""
        self.stdout.write(f"Version {activation.version} is now active.{warning}")
