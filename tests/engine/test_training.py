"""Every loss learns a planted pattern, and exported vectors reproduce LightFM's predictions."""

from dataclasses import replace

import numpy as np
import pytest

from recommendations.engine.data.features import ItemFeatures, Labels
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import Split
from recommendations.engine.data.targets import to_feedback
from recommendations.engine.evaluation.evaluate import evaluate, popularity, scorer_of
from recommendations.engine.models.embeddings import stack_items, stack_users
from recommendations.engine.models.lightfm import FitSettings, LightFMFits
from recommendations.engine.training import TrainingConfig, train
from tests.support.engine_data import checkerboard, plain_features, some_ratings

pytestmark = pytest.mark.engine

QUICK = TrainingConfig(dimension=8, fits=2, epochs=20)


def with_genres(ratings: Interactions) -> ItemFeatures:
    ids = ratings.items.ids
    return ItemFeatures.build(
        ratings.items, {"genres": Labels.of_pairs(ratings.items, ids, [f"g{i % 4}" for i in ids])}
    )


@pytest.mark.parametrize(
    ("feedback", "loss"),
    [
        ("implicit", "warp"),
        ("implicit", "bpr"),
        ("implicit", "warp-kos"),
        ("explicit", "warp"),
        ("explicit", "bpr"),
        ("explicit", "warp-kos"),
        ("explicit", "logistic"),
    ],
)
def test_every_loss_learns_the_checkerboard(feedback: str, loss: str) -> None:
    known, kept_back = checkerboard()
    config = TrainingConfig(feedback=feedback, loss=loss, dimension=8, fits=2, epochs=60)  # type: ignore[arg-type]
    model = train(known, plain_features(known), config)
    judged = evaluate(scorer_of(model.embeddings), Split(known, kept_back)).metrics
    assert judged["recall@10"] > 0.95
    assert judged["recall@10"] > evaluate(popularity(known), Split(known, kept_back)).metrics["recall@10"] + 0.1


def test_stacked_vectors_predict_what_lightfm_predicts() -> None:
    ratings = some_ratings()
    features = with_genres(ratings)
    settings = FitSettings("warp", 16, 0.05, 0, 1e-4, 10)
    fits = LightFMFits(to_feedback(ratings, "implicit", "warp", 0.5), features, settings, [1], 1)
    for _ in range(15):
        fits.run_epoch()
    (factors,) = fits.factors()
    users, items = np.divmod(np.arange(25 * 60), 60)
    liked = to_feedback(ratings, "implicit", "warp", 0.5).matrix
    warm = np.flatnonzero(np.bincount(liked.col, minlength=60))
    kept = np.isin(items, warm)
    users, items = users[kept], items[kept]
    predicted = fits.models[0].predict(users, np.searchsorted(warm, items), item_features=features.matrix[warm])
    user_vectors = stack_users(factors.users[:, :-1], factors.users[:, -1])
    item_vectors = stack_items(factors.items[:, :-1], factors.items[:, -1])
    stacked = np.einsum("ij,ij->i", user_vectors[users], item_vectors[items])
    assert np.abs(predicted - stacked).max() < 1e-5


def test_the_parts_of_an_item_add_up_to_it() -> None:
    ratings = some_ratings()
    model = train(ratings, with_genres(ratings), QUICK)
    total = np.sum(list(model.item_parts.values()), axis=0)
    assert set(model.item_parts) == {"identity", "genres"}
    assert total[:, :-1] == pytest.approx(model.embeddings.items[:, :-2], abs=1e-5)
    assert total[:, -1] == pytest.approx(model.embeddings.items[:, -1], abs=1e-5)


def test_threads_up_to_the_number_of_fits_give_identical_bits() -> None:
    ratings = some_ratings()
    models = [
        train(ratings, with_genres(ratings), TrainingConfig(dimension=8, fits=2, epochs=5, threads=threads))
        for threads in (1, 1, 2)
    ]
    first = models[0].embeddings
    for other in models[1:]:
        assert first.users.tobytes() == other.embeddings.users.tobytes()
        assert first.items.tobytes() == other.embeddings.items.tobytes()


def test_the_number_of_epochs_is_found_and_reported() -> None:
    ratings = some_ratings()
    steps: list[tuple[str, int, int]] = []
    config = TrainingConfig(dimension=8, fits=1, max_epochs=6)
    model = train(ratings, plain_features(ratings), config, progress=lambda *step: steps.append(step))
    assert model.history
    assert 1 <= (model.config.epochs or 0) <= 6
    assert {phase for phase, _, _ in steps} == {"search", "fit", "few ratings"}
    again = train(ratings, plain_features(ratings), model.config)
    assert again.embeddings.items.tobytes() == model.embeddings.items.tobytes()
    assert again.history == []


def test_users_beyond_the_largest_fit_are_folded_in() -> None:
    known, kept_back = checkerboard(200)
    config = replace(QUICK, epochs=60, max_fitted=1000, ease_weight=0.0)
    model = train(known, plain_features(known), config)
    judged = evaluate(scorer_of(model.embeddings), Split(known, kept_back))
    assert len(known) > 3 * config.max_fitted
    assert (judged.per_user["recall@10"] > 0.9).mean() > 0.95


def test_the_articles_fit_takes_all_ratings() -> None:
    ratings = some_ratings()
    config = TrainingConfig(recipe="article", dimension=8, epochs=3)
    whole, capped = (train(ratings, plain_features(ratings), replace(config, max_fitted=n)) for n in (1000, 100))
    assert whole.embeddings.users.tobytes() == capped.embeddings.users.tobytes()


def test_a_movie_without_ratings_has_the_vector_of_its_genres() -> None:
    known, _ = checkerboard()
    kept = known.ordinals >= 2
    ratings = known.where(kept)
    genres = Labels.of_pairs(ratings.items, ratings.items.ids, ["odd" if n % 2 else "even" for n in range(30)])
    model = train(ratings, ItemFeatures.build(ratings.items, {"genres": genres}), QUICK)
    scores = model.embeddings.users @ model.embeddings.items[:2].T
    even = np.arange(len(scores)) % 2 == 0
    assert ((scores[:, 0] > scores[:, 1]) == even).mean() > 0.95


def test_without_likes_there_is_nothing_to_learn_from() -> None:
    ratings = Interactions.from_columns([1, 2], [1, 2], [2, 2], [0, 0])
    with pytest.raises(ValueError, match="nothing to learn from"):
        train(ratings, plain_features(ratings), QUICK)


def test_implicit_feedback_with_logistic_loss_is_refused() -> None:
    ratings = some_ratings()
    with pytest.raises(ValueError, match="explicit feedback"):
        train(ratings, plain_features(ratings), TrainingConfig(loss="logistic", epochs=1))


@pytest.mark.parametrize("wrong", [{"grade": 1.0}, {"ease_so_so": -0.1}], ids=str)
def test_no_rating_counts_against_a_movie_in_ease(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        TrainingConfig(**wrong)  # type: ignore[arg-type]


def test_features_of_another_catalogue_are_refused() -> None:
    known, _ = checkerboard()
    with pytest.raises(ValueError, match="features of 60 items and ratings of 30"):
        train(known, plain_features(some_ratings()), QUICK)
