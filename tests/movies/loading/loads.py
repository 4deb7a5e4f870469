"""Load a release with the management command, and read back what is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from movies.models import Genre, Movie, MovieTag, Rating


def load(path: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, Any]:
    capsys.readouterr()
    call_command("load_movielens", path, json=True, **options)
    summary: dict[str, Any] = json.loads(capsys.readouterr().out)
    return summary


def stored() -> list[Any]:
    ratings = Rating.objects.order_by("user__username", "movie__movielens_id")
    return [
        list(Movie.objects.order_by("movielens_id").values_list("movielens_id", "title", "year", "rating_count")),
        list(ratings.values_list("user__username", "movie__movielens_id", "half_stars", "rated_at")),
        list(MovieTag.objects.order_by("user__username", "tag__key").values_list("user__username", "tag__key")),
        list(Genre.objects.values_list("name", flat=True)),
    ]
