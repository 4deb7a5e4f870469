"""EASE as its paper has it, and what it makes of features and of those who rate most."""

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
    """EASE as its paper has it, with the inverse of an items-by-items matrix."""
    rows = ratings.matrix(LIKES[ratings.half_stars]).toarray().astype(np.float64)
    gram = rows.T @ rows
    inverse = np.linalg.inv(gram + np.diag(ridge + popularity_ridge * np.diag(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize(("ridge", "popularity_ridge"), [(5.0, 0.0), (20.0, 0.5)])
def test_our_ease_is_the_papers(ridge: float, popularity_ridge: float) -> None:
    ratings = some_ratings(500)
    matrix = ratings.matrix(LIKES[ratings.half_stars])
    rows, items = solve(matrix, EaseSettings(ridge, popularity_ridge))
    found = rows.astype(np.float64) @ items.T.astype(np.float64)
    np.fill_diagonal(found, 0)
    assert found == pytest.approx(by_definition(ratings, ridge, popularity_ridge), abs=1e-4)


def test_of_large_data_the_leading_part_of_ease_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5)

    def order(made: Ease) -> list[int]:
        scores = made.factors.users @ made.factors.items.T
        return np.argsort(-scores, axis=1)[:, :5].ravel().tolist()

    exact = order(ease(ratings, LIKES, settings))
    monkeypatch.setattr("recommendations.engine.models.ease.EXACT_SIZE", 10)
    assert np.mean(np.array(exact) == order(ease(ratings, LIKES, settings))) > 0.95


def parities(ratings: Interactions) -> ItemFeatures:
    names = ["odd" if place % 2 else "even" for place in range(ratings.n_items)]
    return ItemFeatures.build(ratings.items, {"genres": Labels.of_pairs(ratings.items, ratings.items.ids, names)})


def test_a_movie_nobody_rated_is_foretold_by_its_genre() -> None:
    known, _ = checkerboard()
    ratings = known.where(known.ordinals >= 2)
    factors = ease(ratings, LIKES, EaseSettings(5, 0.5, features=3), parities(ratings)).factors
    scores = factors.users @ factors.items[:2].T
    even = np.arange(len(scores)) % 2 == 0
    assert ((scores[:, 0] > scores[:, 1]) == even).all()


def test_a_feature_is_one_more_row() -> None:
    ratings = some_ratings(500)
    features = parities(ratings)
    made = ease(ratings, LIKES, EaseSettings(20, 0.5, features=3), features)
    described = features.matrix[:, features.blocks["genres"]].toarray().T
    whole = np.vstack([ratings.matrix(LIKES[ratings.half_stars]).toarray(), 3 * described])
    rows, items = solve(csr_matrix(whole), EaseSettings(20, 0.5))
    assert made.rows @ made.factors.items[:, :-1].T == pytest.approx(rows @ items.T, abs=1e-4)


def test_what_people_dislike_tells_nothing_about_what_goes_together() -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5)
    stern = LIKES - np.float32(0.3) * (LIKES == 0)
    assert ease(ratings, stern, settings).rows == pytest.approx(ease(ratings, LIKES, settings).rows)


def test_without_features_nothing_changes() -> None:
    ratings = some_ratings(500)
    settings = EaseSettings(20, 0.5, features=3)
    plain, none = ease(ratings, LIKES, settings, plain_features(ratings)), ease(ratings, LIKES, settings)
    assert plain.rows == pytest.approx(none.rows)


def test_who_rates_more_counts_less_for_each_rating() -> None:
    """Two movies that one person with many likes and one with few have liked: the latter ties them more closely."""
    heavy, light = np.arange(2, 42), np.arange(42, 46)
    users = [1] * 42 + [2] * 6
    movies = [0, 1, *heavy, 0, 1, *light]
    ratings = Interactions.from_columns(users, movies, [10] * 48, range(48), items=IdMap.of(range(46)))

    def ties(power: float) -> np.ndarray:
        made = ease(ratings, LIKES, EaseSettings(1, 0, length_power=power))
        return (made.rows @ made.factors.items[:, :-1].T)[0]

    alike, balanced = ties(0), ties(0.5)
    assert balanced[light].mean() / balanced[heavy].mean() > 1.1 * alike[light].mean() / alike[heavy].mean()
