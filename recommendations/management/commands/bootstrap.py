"""`manage.py bootstrap`: set up a new site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from movies.demo import USERNAME, ensure_demo_account
from movies.models import Movie
from recommendations.serving import active
from recommendations.versions import registry
from recommendations.versions.artifacts import ArtifactError


class Command(BaseCommand):
    help = (
        "Create what a new site still lacks: tables, MovieLens data, a demo account and a trained model. "
        "Existing data and models stay unchanged."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="MovieLens folder or zip file, loaded if there are no movies yet")

    def handle(self, *, path: Path, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not Movie.objects.exists():
            call_command("load_movielens", path)
        password_file = settings.VAR_DIR / "demo-password"
        ensure_demo_account(password_file)
        if not self.has_model():
            self.train()
        self.stdout.write(f"Demo account: {USERNAME}, password: {password_of(password_file)} (also for /admin/)")

    def has_model(self) -> bool:
        version = registry.active()
        if version is None:
            return False
        try:
            active.open_version(version)
        except ArtifactError as error:
            self.stderr.write(f"{error} Training a new version.")
            return False
        return True

    def train(self) -> None:
        try:
            call_command("retrain")
        except CommandError as error:
            self.stderr.write(f"{error}\nThe site serves popular movies until `manage.py retrain` succeeds.")


def password_of(file: Path) -> str:
    """Return the demo account's password, or how to set one."""
    return file.read_text().strip() if file.exists() else "unknown; set one with `manage.py changepassword demo`"
