"""EASE matches its paper, and handles item features and long histories."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommendations.engine.data.features import ItemFeatures, Labels
from recommendations.engine.data.interactions import IdMap, Interactions
from recommendations.engine.evaluation.baselines import WEIGHTS
from recommendations.engine.models.ease import Ease, EaseSettings, ease, solve
from tests.support.engine_data import checkerboard, plain_features, some_ratings

pytestmark = pytest.mark.engine

LIKES = np.asarray(WEIGHTS["likes and half"], np.float32)


def by_definition(ratings: Interactions, ridge: float, popularity_ridge: float) -> np.ndarray:
    """EASE as in its paper, with the inverse of an items-by-items matrix."""
    rows = ratings.matrix(LIKES[ratings.half_stars]).toarray().astype(np.float64)
    gram = rows.T @ rows
    inverse = np.linalg.inv(gram + np.diag(ridge + popularity_ridge * np.diag(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize(("ridge", "popularity_ridge"), [(5.0, 0.0), (20.0, 0.5)])
def test_our_ease_matches_the_paper(ridge: float, popularity_ridge: float) -> None:
    ratings = some_ratings(500)
    matrix = ratings.matrix(LIKES[ratings.half_stars])
    rows, items = solve(matrix, EaseSettings(ridge, popularity_ridge))
    scores = rows.astype(np.float64) @ items.T.astype(np.float64)
    np.fill_diagonal(scores, 0)
    assert scores == pytest.approx(by_definition(ratings, ridge, popularity_ridge), abs=1e-4)


def test_large_data_uses_the_leading_singular_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5)

    def order(model: Ease) -> list[int]:
        scores = model.factors.users @ model.factors.items.T
        return np.argsort(-scores, axis=1)[:, :5].ravel().tolist()

    exact = order(ease(ratings, LIKES, settings))
    monkeypatch.setattr("recommendations.engine.models.ease.EXACT_SIZE", 10)
    assert np.mean(np.array(exact) == order(ease(ratings, LIKES, settings))) > 0.95


def parities(ratings: Interactions) -> ItemFeatures:
    names = ["odd" if place % 2 else "even" for place in range(ratings.n_items)]
    return ItemFeatures.build(ratings.items, {"genres": Labels.of_pairs(ratings.items, ratings.items.ids, names)})


def test_a_movie_without_ratings_is_predicted_by_its_genre() -> None:
    known, _ = checkerboard()
    ratings = known.where(known.ordinals >= 2)
    factors = ease(ratings, LIKES, EaseSettings(5, 0.5, features=3), parities(ratings)).factors
    scores = factors.users @ factors.items[:2].T
    even = np.arange(len(scores)) % 2 == 0
    assert ((scores[:, 0] > scores[:, 1]) == even).all()


def test_a_feature_is_an_additional_row() -> None:
    ratings = some_ratings(500)
    features = parities(ratings)
    model = ease(ratings, LIKES, EaseSettings(20, 0.5, features=3), features)
    feature_rows = features.matrix[:, features.blocks["genres"]].toarray().T
    stacked = np.vstack([ratings.matrix(LIKES[ratings.half_stars]).toarray(), 3 * feature_rows])
    rows, items = solve(csr_matrix(stacked), EaseSettings(20, 0.5))
    assert model.rows @ model.factors.items[:, :-1].T == pytest.approx(rows @ items.T, abs=1e-4)


def test_dislikes_do_not_affect_co_occurrence() -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5)
    with_dislikes = LIKES - np.float32(0.3) * (LIKES == 0)
    assert ease(ratings, with_dislikes, settings).rows == pytest.approx(ease(ratings, LIKES, settings).rows)


def test_without_features_nothing_changes() -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5, features=3)
    plain, none = ease(ratings, LIKES, settings, plain_features(ratings)), ease(ratings, LIKES, settings)
    assert plain.rows == pytest.approx(none.rows)


def test_ratings_of_longer_histories_weigh_less() -> None:
    """Of a user with many likes and one with few who share two movies, the latter ties their movies more closely."""
    heavy, light = np.arange(2, 42), np.arange(42, 46)
    users = [1] * 42 + [2] * 6
    movies = [0, 1, *heavy, 0, 1, *light]
    ratings = Interactions.from_columns(users, movies, [10] * 48, range(48), items=IdMap.of(range(46)))

    def ties(power: float) -> np.ndarray:
        model = ease(ratings, LIKES, EaseSettings(1, 0, length_power=power))
        return (model.rows @ model.factors.items[:, :-1].T)[0]

    unweighted, balanced = ties(0), ties(0.5)
    assert balanced[light].mean() / balanced[heavy].mean() > 1.1 * unweighted[light].mean() / unweighted[heavy].mean()
