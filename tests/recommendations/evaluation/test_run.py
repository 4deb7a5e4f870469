"""Offline evaluation on each split."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from benchmarks.support.worlds import World
from recommendations.engine.evaluation.protocols import PROTOCOLS
from recommendations.management.commands.retrain import Command as Retrain
from recommendations.management.parameters import training_parameters

QUICK = ("--recipe", "article", "--set", "dimension=6", "--set", "epochs=15", "--set", "threads=1")


def evaluate(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    call_command("evaluate", "--json", *QUICK, *arguments)
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def given(command: BaseCommand, *arguments: str) -> dict[str, Any]:
    return training_parameters(vars(command.create_parser("manage.py", "retrain").parse_args(arguments)))


@pytest.mark.parametrize("split", sorted(PROTOCOLS))
def test_every_split_can_be_evaluated(world: World, capsys: pytest.CaptureFixture[str], split: str) -> None:
    report = evaluate(capsys, "--split", split, "--beside", "popularity")
    ours, popularity = (report["models"][name] for name in ("recsite", "popularity"))
    assert report["split"] == split
    assert ours["users"] == popularity["users"] > 0
    # In the split by time, all test users are new and like items that no earlier user liked: that is unpredictable.
    if split not in ("cold-items", "time"):
        assert ours["metrics"]["ndcg@10"] > popularity["metrics"]["ndcg@10"]
    if split == "cold-items":
        assert ours["metrics"]["auc"] > 0.8 > popularity["metrics"]["auc"]
    mean, low, high = popularity["ahead"]["ndcg@10"]
    assert low <= mean <= high


def test_tables_show_every_model(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate", "--beside", "EASE", "--beside", "item-kNN", *QUICK)
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("recsite", "EASE", "item-kNN", "coverage@10", "light users", "diversity"))


@pytest.mark.django_db
def test_without_ratings_there_is_nothing_to_evaluate() -> None:
    with pytest.raises(CommandError, match="load_movielens"):
        call_command("evaluate")


def test_feedback_loss_and_recipe_are_flags() -> None:
    flags = ("--feedback", "explicit", "--loss", "logistic", "--recipe", "article", "--set", "threshold=7")
    assert given(Retrain(), *flags) == {
        "feedback": "explicit",
        "loss": "logistic",
        "recipe": "article",
        "threshold": 7,
    }
    assert given(Retrain()) == {}


def test_invalid_parameters_are_refused_before_the_data_is_read() -> None:
    with pytest.raises(CommandError, match="explicit feedback") as caught:
        given(Retrain(), "--loss", "logistic")
    assert caught.value.returncode == 2
