"""Training on ratings that say little: equal stars, one rating each, nothing liked."""

import pytest

from benchmarks.support import worlds
from benchmarks.support.worlds import World
from movies.models import Movie, Rating, User
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving.recommend import Source, recommend
from recommendations.training import pipeline, runs

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def retrain(**parameters: object) -> ModelVersion:
    return pipeline.retrain(runs.request(parameters={"config": worlds.QUICK, **parameters}))


@pytest.mark.parametrize("half_stars", [1, 2, 6])
def test_ratings_with_equal_stars_train_as_implicit_feedback(world: World, half_stars: int) -> None:
    # Without the dislikes, what each user rated is what they like.
    Rating.objects.filter(half_stars__lt=8).delete()
    Rating.objects.update(half_stars=half_stars)
    version = retrain(force=True)
    assert version.metrics["model"]["ndcg@10"] > 0
    for user in User.objects.filter(username__startswith="person")[:2]:
        recommended = recommend(user)
        assert recommended.source == Source.TRAINED
    newcomer = User.objects.create(username="newcomer")
    for movie in world.space[:4]:
        Rating.objects.create(user=newcomer, movie=movie, half_stars=half_stars)
    best = [entry.movie for entry in recommend(newcomer, n=5).entries]
    assert len(set(best) & set(world.space)) >= 4


def test_one_rating_each_is_explained(world: World) -> None:
    Rating.objects.all().delete()
    movies = list(Movie.objects.all())
    for number, user in enumerate(User.objects.filter(username__startswith="person")):
        Rating.objects.create(user=user, movie=movies[number % len(movies)], half_stars=1 + number % 10)
    with pytest.raises(pipeline.NotEnoughDataError, match=r"No user has rated more than 1 movie.*at least 3 movies"):
        retrain()
    assert "at least 3 movies" in TrainingRun.objects.latest("pk").error
    assert retrain(force=True)


def test_ratings_without_likes_are_explained(world: World) -> None:
    for number, rating in enumerate(Rating.objects.all()):
        Rating.objects.filter(pk=rating.pk).update(half_stars=1 + number % 2)
    with pytest.raises(
        ValueError, match=r"none of the [\d,]+ ratings counts as a like \(the highest has 1 stars.*scale"
    ):
        retrain()
