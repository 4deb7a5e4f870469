"""Make the file by which later releases test that they serve this release's versions.

Run `DATABASE_URL=sqlite:///FOLDER/db.sqlite3 python -m tests.support.version_fixture` with an empty FOLDER outside the
checkout. The file holds the folder of a version of the small world, and the lists that this release makes with it.
"""

import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.environment import ROOT

if TYPE_CHECKING:
    from recommendations.serving.results import Recommendations

DATA = ROOT / "tests" / "recommendations" / "versions" / "data"
EXPECTED = "expected.json"
PEOPLE = (0, 1, 2, 40, 41, 79)
"""People of the world whose lists are compared, of both halves."""
STARS = (10, 9, 8, 3, 10)
"""Half stars of the first movies about space, by a visitor whom the version does not know."""
FIELDS = ("name", "manifest_sha256", "users", "movies", "ratings", "dimension", "size")


def path_of(number: int) -> Path:
    """Return the file of a format."""
    return DATA / f"format-{number}.zip"


def plain(recommendations: "Recommendations") -> list[list[Any]]:
    """Return a list as JSON holds it: movie, score, predicted stars and the movies of the reasons."""
    entries = recommendations.entries
    return [[entry.movie.pk, entry.score, entry.stars, [r.movie.pk for r in entry.reasons]] for entry in entries]


def make() -> Path:
    """Build the world, train, and write the file of the present format."""
    from benchmarks.support import worlds  # noqa: PLC0415 - Django must be set up first
    from recommendations.serving.recommend import recommend, recommend_for_ratings  # noqa: PLC0415
    from recommendations.training import pipeline, runs  # noqa: PLC0415
    from recommendations.versions import artifacts  # noqa: PLC0415

    world = worlds.build()
    version = pipeline.retrain(runs.request(parameters={"config": worlds.QUICK, "force": True}))
    ratings = {movie.pk: stars for movie, stars in zip(world.space, STARS, strict=False)}
    expected = {
        "version": {field: getattr(version, field) for field in FIELDS},
        "lists": {str(n): plain(recommend(world.people[n])) for n in PEOPLE},
        "ratings": ratings,
        "list_for_ratings": plain(recommend_for_ratings(ratings)),
    }
    path = path_of(artifacts.FORMAT)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(artifacts.folder_of(version.name).iterdir()):
            archive.write(file, file.name)
        archive.writestr(EXPECTED, json.dumps(expected, indent=1))
    return path


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(make())
