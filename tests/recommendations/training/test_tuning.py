"""The next retraining starts from the latest search result."""

import json

import pytest
from django.core.management import call_command

from benchmarks.support import worlds
from benchmarks.support.worlds import World
from recommendations.models import TunedParameters
from recommendations.training import pipeline, runs, tuning
from recommendations.training.config import ARTICLE, configured

pytestmark = pytest.mark.database


def search_result(**parameters: object) -> TunedParameters:
    return TunedParameters.objects.create(
        parameters=parameters, found=0.2, default=0.1, trials=3, seconds=1, ratings=10
    )


def test_a_search_tries_the_defaults_first_and_keeps_the_best(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tune", "--trials", "2", "--json")
    printed = json.loads(capsys.readouterr().out)
    kept = TunedParameters.objects.get()
    assert printed["parameters"] == kept.parameters
    assert kept.trials == 2
    assert kept.found >= kept.default > 0
    assert bool(kept.parameters) == (kept.found > kept.default)
    configured(kept.parameters)


def test_a_budget_of_no_time_still_evaluates_the_defaults(world: World) -> None:
    assert tuning.tune(seconds=0).trials == 1


@pytest.mark.django_db
def test_a_retraining_starts_from_the_latest_search_result() -> None:
    search_result(learning_rate=0.07, ridge=5.0)
    search_result(learning_rate=0.08)
    assert tuning.tuned({}) == {"learning_rate": 0.08}
    assert tuning.tuned({"learning_rate": 0.01}) == {"learning_rate": 0.01}
    assert tuning.tuned({"recipe": "article"}) == {"recipe": "article"}
    call_command("tune", "--forget")
    assert tuning.tuned({}) == {}


def test_tuned_parameters_are_in_the_manifest(world: World) -> None:
    search_result(learning_rate=0.08)
    config = {**worlds.QUICK, "recipe": "joined"}
    version = pipeline.retrain(runs.request(parameters={"config": config}))
    assert version.parameters["learning_rate"] == 0.08
    assert version.parameters["ease_weight"] is not None


@pytest.mark.django_db
def test_a_search_without_ratings_is_a_clear_failure() -> None:
    with pytest.raises(tuning.NothingToTuneError, match="load_movielens"):
        tuning.tune(seconds=1)


def test_the_articles_recipe_is_one_plain_fit_of_the_likes() -> None:
    config = configured({"recipe": "article"}).sized(100_000)
    assert (config.fits, config.settings.dimension, config.so_so_weight) == (1, 64, 0)
    assert configured({**ARTICLE, "dimension": 8}).settings.dimension == 8
