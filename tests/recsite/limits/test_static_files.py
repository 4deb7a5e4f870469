"""Stylesheets are served whole and without what only people read."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from pytest_django import Settings
from rcssmin import cssmin


@pytest.mark.slow
def test_served_stylesheets_keep_every_rule(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "recsite.operations.static_files.StaticFilesStorage"},
    }
    call_command("collectstatic", "--no-input", verbosity=0)
    path = finders.find("site.css")
    assert isinstance(path, str)
    source = Path(path).read_text()
    served = next(tmp_path.glob("site.*.css")).read_text()
    assert served.count("{") == source.count("{")
    assert len(served) <= len(cssmin(source)) + 100
