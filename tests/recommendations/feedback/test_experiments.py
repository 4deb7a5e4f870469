"""Experiments: assignment to arms, their effect on lists, and verdicts."""

import threading
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from benchmarks.support.worlds import World
from movies import services
from movies.models import Rating, User
from recommendations.feedback import assignment, statistics
from recommendations.feedback.assignment import ExperimentError, arm_of
from recommendations.models import Arm, Event, Experiment, ModelVersion, Place
from recommendations.serving.recommend import Steering, recommend

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def experiment() -> Experiment:
    experiment = Experiment.objects.create(name="Hidden gems")
    Arm.objects.create(experiment=experiment, name="control")
    Arm.objects.create(experiment=experiment, name="gems", settings={"popularity": -1.0})
    return experiment


def begin(experiment: Experiment) -> list[Arm]:
    assignment.start(experiment)
    assignment.forget()
    return list(experiment.arms.all())


def test_users_are_assigned_by_weight_and_permanently(experiment: Experiment) -> None:
    arms = list(experiment.arms.all())
    arms[1].weight = 3
    assigned = [arm_of(user, arms).name for user in range(4000)]
    assert Counter(assigned)["gems"] / 4000 == pytest.approx(0.75, abs=0.03)
    assert assigned == [arm_of(user, arms).name for user in range(4000)]


def test_another_experiment_assigns_users_independently(experiment: Experiment) -> None:
    other = Experiment.objects.create(name="Other")
    arms = [Arm.objects.create(experiment=other, name=name) for name in ("control", "gems")]
    same = [arm_of(user, arms).name == arm_of(user, list(experiment.arms.all())).name for user in range(2000)]
    assert np.mean(same) == pytest.approx(0.5, abs=0.05)


def test_an_arm_changes_its_users_lists(experiment: Experiment, world: World, version: ModelVersion) -> None:
    plain = {person.pk: recommend(person) for person in world.people}
    gems = {person.pk: recommend(person, steering=Steering(popularity=-1.0)) for person in world.people}
    arms = begin(experiment)
    for person in world.people:
        recommended, arm = recommend(person), arm_of(person.pk, arms)
        expected = (gems if arm.settings else plain)[person.pk]
        assert recommended.arm == arm.pk
        assert [entry.movie for entry in recommended.entries] == [entry.movie for entry in expected.entries]
    assignment.end(experiment)
    assignment.forget()
    assert recommend(world.people[0]).arm is None


def test_a_users_own_steering_takes_precedence(experiment: Experiment, world: World, version: ModelVersion) -> None:
    arms = begin(experiment)
    person = next(person for person in world.people if arm_of(person.pk, arms).settings)
    steered = recommend(person, steering=Steering(popularity=1.0))
    assert [entry.movie for entry in steered.entries] != [entry.movie for entry in recommend(person).entries]


def test_an_arms_version_is_opened_beside_the_active_one(
    experiment: Experiment, world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment.arms.update(version=version, settings={})
    begin(experiment)
    start = threading.Thread.start
    ours = "experiment"
    monkeypatch.setattr("threading.Thread.start", lambda thread: thread.run() if thread.name == ours else start(thread))
    first, second = recommend(world.people[0]), recommend(world.people[0])
    assert first.arm is None, "an untreated user must not count while the version is being opened"
    assert (second.arm is not None, second.version) == (True, version.name)


def test_one_experiment_runs_at_a_time(experiment: Experiment) -> None:
    begin(experiment)
    with pytest.raises(ExperimentError, match="has already started"):
        assignment.start(experiment)
    other = Experiment.objects.create(name="Other")
    with pytest.raises(ExperimentError, match="two arms"):
        assignment.start(other)
    for name in "ab":
        Arm.objects.create(experiment=other, name=name)
    with pytest.raises(ExperimentError, match="is running"):
        assignment.start(other)
    with pytest.raises(IntegrityError), transaction.atomic():
        Experiment.objects.filter(pk=other.pk).update(started_at=timezone.now())


def shown(arm: Arm, person: User, world: World, impressions: int, clicks: int) -> None:
    movies = [*world.space, *world.romance][:impressions]
    Event.objects.bulk_create(
        Event(kind=kind, user=person, movie=movie, arm=arm, place=Place.HOME, source="trained", position=1)
        for kind, chosen in ((Event.Kind.IMPRESSION, movies), (Event.Kind.CLICK, movies[:clicks]))
        for movie in chosen
    )


def test_a_verdict_needs_enough_users(experiment: Experiment, world: World) -> None:
    shown(experiment.arms.all()[0], world.people[0], world, 20, 3)
    assert "Too early" in statistics.verdict(statistics.of_experiment(experiment))


@pytest.mark.parametrize(
    ("clicks", "words"), [((2, 2), "No significant difference"), ((2, 5), "more often"), ((5, 2), "less often")]
)
def test_a_verdict_names_significant_differences(
    experiment: Experiment, world: World, clicks: tuple[int, int], words: str
) -> None:
    random = np.random.default_rng(0)
    for number, person in enumerate(world.people):
        arm = experiment.arms.all()[number % 2]
        shown(arm, person, world, 20, int(random.binomial(20, clicks[number % 2] / 20)))
    figures = statistics.of_experiment(experiment)
    assert [each.people for each in figures] == [40, 40]
    assert all(each.click_rate.low <= each.click_rate.value <= each.click_rate.high for each in figures)  # type: ignore[operator]
    assert words in statistics.verdict(figures)


def test_intervals_have_their_nominal_coverage() -> None:
    """About 95 % of the 95 % intervals contain the true rate, although each user has their own rate."""
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        rates = random.beta(2, 18, size=200)
        shown = random.integers(1, 60, size=200)
        rate = statistics._Sums.of(zip(shown.tolist(), random.binomial(shown, rates).tolist(), strict=True)).interval()
        covered += (rate.low or 0) <= 0.1 <= (rate.high or 0)
    assert 0.92 <= covered / 400 <= 0.98


def test_figures_by_version_place_and_source(world: World, version: ModelVersion) -> None:
    person, movies = world.people[0], [movie for movie in world.romance if movie.pk not in rated(world.people[0])]
    now = timezone.now()
    for movie in movies[:4]:
        Event.objects.create(
            kind=1, user=person, movie=movie, version=version, place=Place.HOME, source="trained", position=1, at=now
        )
    Event.objects.create(
        kind=2, user=person, movie=movies[0], version=version, place=Place.HOME, source="trained", position=1
    )
    services.rate(user=person, movie=movies[0], half_stars=9)
    old = now - timedelta(days=60)
    Event.objects.create(kind=1, user=person, movie=movies[0], place=Place.HOME, source="popular", position=1, at=old)
    line = statistics.lines()[0]
    assert (line.version, line.place, line.source) == (version.name, "home", "trained")
    assert (line.impressions, line.clicks, line.ratings) == (4, 1, 1)
    assert (line.click_percent, line.rating_percent) == (25, 25)
    assert len(statistics.lines()) == 1


def rated(person: User) -> set[int]:
    return set(Rating.objects.filter(user=person).values_list("movie_id", flat=True))
