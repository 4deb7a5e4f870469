"""The serving model: one opened version, memory-mapped from immutable files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recommendations.engine.data.interactions import IdMap
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.fold_in import FoldIn
from recommendations.engine.models.rating_prediction import RatingPredictor
from recommendations.engine.ranking.annoy_index import ItemIndex, open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.hybrid import ServedRanker
from recommendations.engine.reranking.explanations import parts_by_block, parts_by_rating
from recommendations.engine.reranking.similarity import well_rated
from recommendations.engine.reranking.steering import Traits, Wishes, steer
from recommendations.serving.deleted import DeletedMovies
from recommendations.serving.facets import ItemFacets
from recommendations.serving.filters import Filters, Ranker, Source, Steering
from recommendations.serving.profile import Ratings, ScoreParts, UserProfile
from recommendations.versions import artifacts

MOVIES_INDEX = "movies.ann"
SIMILAR_INDEX = "similar.ann"
NO_MOVIES = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class ServingModel:
    """One version, ready to answer; threads may share it.

    `directions` (n_items, d) float32 are the movies' unit vectors; `holdout_ndcg` (n_users,) float32 is each user's
    NDCG@10 on their held-out latest ratings, NaN for users without any.
    """

    name: str
    manifest: dict[str, Any]
    embeddings: Embeddings
    fold_in: FoldIn
    fingerprints: NDArray[np.uint64]
    movies: IdMap
    users: IdMap
    ranker: ExactRanker
    index: ItemIndex
    served: ServedRanker
    similar: ExactRanker
    directions: NDArray[np.float32]
    facets: ItemFacets
    well_rated: NDArray[np.int32]
    holdout_ndcg: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]]
    rating_predictor: RatingPredictor
    deleted: DeletedMovies = field(default_factory=DeletedMovies)

    @classmethod
    def open(cls, folder: Path, manifest: dict[str, Any]) -> "ServingModel":
        """Open a verified folder."""
        arrays = artifacts.open_arrays(folder, manifest.get("format", artifacts.FORMAT))
        embeddings = Embeddings(arrays["user_ids"], arrays["item_ids"], arrays["users"], arrays["items"])
        facets = ItemFacets(**artifacts.within(arrays, "facets"))
        ranker = ExactRanker.from_arrays(embeddings.items, artifacts.within(arrays, "exact"))
        plan = manifest.get("index", {})
        index = open_index(folder / MOVIES_INDEX, embeddings.items, search_k=plan.get("search_k", -1))
        return cls(
            name=folder.name,
            manifest=manifest,
            embeddings=embeddings,
            fold_in=FoldIn(**artifacts.within(arrays, "fold_in")),
            fingerprints=arrays["fingerprints"],
            movies=IdMap(embeddings.item_ids),
            users=IdMap(embeddings.user_ids),
            ranker=ranker,
            index=index,
            served=_served(plan, ranker, index),
            similar=ExactRanker.from_arrays(arrays["directions"], artifacts.within(arrays, "similar")),
            directions=arrays["directions"],
            facets=facets,
            well_rated=well_rated(facets.rating_counts),
            holdout_ndcg=arrays["holdout_ndcg"],
            parts=artifacts.within(arrays, "parts"),
            rating_predictor=RatingPredictor(**artifacts.within(arrays, "rating_predictor")),
        )

    def profile(self, user_id: int | None, ratings: Ratings) -> UserProfile | None:
        """Return the profile of a user with these ratings; None if the model knows none of the movies.

        The vector is the trained one if it was trained on exactly these ratings, else it is folded in from them.
        """
        ordinals = self.movies.ordinals(ratings.movie_ids, missing="mark")
        known = ordinals >= 0
        if not known.any():
            return None
        known_ratings = ordinals[known], ratings.half_stars[known], ratings.rated_at[known]
        trained = self._trained_vector(user_id, ratings)
        if trained is not None:
            return UserProfile(trained, Source.TRAINED, *known_ratings)
        return UserProfile(self.fold_in.vector(*known_ratings), Source.FOLDED_IN, *known_ratings)

    def _trained_vector(self, user_id: int | None, ratings: Ratings) -> NDArray[np.float32] | None:
        if user_id is None:
            return None
        ordinal = self.users.ordinals(np.array([user_id]), missing="mark")[0]
        if ordinal < 0 or self.fingerprints[ordinal] != ratings.fingerprint:
            return None
        return self.embeddings.users[ordinal]

    def reasons(self, profile: UserProfile, ordinals: NDArray[np.int32], n: int) -> list[list[tuple[int, int, float]]]:
        """Return for each movie the n liked movies that raise its score most, as (movie id, half stars, share).

        The shares are exact: a folded-in vector is a sum over the ratings. A trained vector differs from that sum
        by what training added, which is credited to no rating.
        """
        liked = (self.fold_in.weights[profile.half_stars] > 0) & ~np.isin(profile.ordinals, self.deleted.ordinals)
        contributions = self.fold_in.contributions(profile.ordinals, profile.half_stars, profile.rated_at)[liked]
        shares = contributions @ self.embeddings.items[ordinals].T
        best = np.argsort(-shares, axis=0, kind="stable")[:n].T
        rated, half_stars = self.ids(profile.ordinals[liked]), profile.half_stars[liked]
        return [
            [(int(rated[i]), int(half_stars[i]), float(column[i])) for i in rows if column[i] > 0]
            for column, rows in zip(shares.T, best, strict=True)
        ]

    def rank(
        self,
        vector: NDArray[np.float32],
        k: int,
        *,
        exclude: NDArray[np.int64],
        filters: Filters,
        steering: Steering | None = None,
        ranker: Ranker = Ranker.SERVED,
    ) -> Ranking:
        """Return the best k movies that pass the filters, without the ids in `exclude` and those known to be deleted.

        A steered list is in its steered order and has the unsteered scores.
        """
        excluded = self.excluded(exclude)
        eligible = self.facets.eligible(filters)
        if steering:
            traits = Traits(self.facets.years, self.directions)
            best = steer(self.ranker, vector, k, self._wishes(steering), traits, exclude=excluded, candidates=eligible)
            return Ranking(best, self.embeddings.items[best] @ vector, len(self.movies))
        if ranker == Ranker.ANNOY:
            return approximate_rank(vector, self.index, k, exclude=excluded, candidates=eligible)
        chosen = self.ranker if ranker == Ranker.EXACT else self.served
        return chosen.rank(vector, k, exclude=excluded, candidates=eligible)

    def excluded(self, movie_ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the ordinals of these movies and of those known to be deleted."""
        return np.concatenate([self.movies.ordinals(movie_ids, missing="drop"), self.deleted.ordinals])

    def _wishes(self, steering: Steering) -> Wishes:
        labels = [(self.facets.of_genre(genre), weight) for genre, weight in steering.genres.items()]
        labels += [(self.facets.of_tag(tag), weight) for tag, weight in steering.tags.items()]
        return Wishes(steering.popularity, steering.recency, steering.diversity, labels)

    def predicted_stars(self, profile: UserProfile, ordinals: NDArray[np.int32]) -> NDArray[np.float64]:
        """Predict the stars that a user would give to movies that they have not rated; (m,), 0.5 to 5."""
        return self.rating_predictor.predict(self.directions, profile.ordinals, profile.half_stars, ordinals)

    def stars_of(self, profile: UserProfile | None, movie_ids: NDArray[np.int64]) -> dict[int, float]:
        """Predict stars by movie id, for the movies that the model knows; empty without a profile."""
        ordinals = self.movies.ordinals(movie_ids, missing="drop")
        if profile is None or not len(ordinals):
            return {}
        return dict(zip(self.ids(ordinals).tolist(), self.predicted_stars(profile, ordinals).tolist(), strict=True))

    def score_parts(
        self, profile: UserProfile | None, movie_ids: Sequence[int], strongest: int | None = None
    ) -> dict[int, ScoreParts]:
        """Split each movie's score, by movie id, for the movies that the model knows; empty without a profile.

        With `strongest`, each split names only that many ratings.
        """
        ordinals = self.movies.ordinals(np.array(movie_ids, dtype=np.int64), missing="drop")
        if profile is None or not len(ordinals):
            return {}
        contributions = self.fold_in.contributions(profile.ordinals, profile.half_stars, profile.rated_at)
        base = self.fold_in.base(profile.half_stars, profile.rated_at)
        items = self.embeddings.items[ordinals]
        bases, shares = parts_by_rating(contributions, base, items)
        blocks = parts_by_block(profile.vector, self.parts, ordinals)
        scores = items.astype(np.float64) @ profile.vector.astype(np.float64)
        order = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :strongest]
        chosen = np.take_along_axis(shares, order, axis=1)
        others = shares.sum(axis=1) - chosen.sum(axis=1) if order.shape[1] < shares.shape[1] else np.zeros(len(items))
        rated = self.ids(profile.ordinals)
        return {
            movie: ScoreParts(
                score=float(scores[row]),
                blocks={name: float(part[row]) for name, part in blocks.items()},
                base=float(bases[row]),
                shares=dict(zip(rated[order[row]].tolist(), chosen[row].tolist(), strict=True)),
                others=float(others[row]),
            )
            for row, movie in enumerate(self.ids(ordinals).tolist())
        }

    def similar_ids(
        self,
        movie_id: int,
        k: int,
        leanings: Sequence[tuple[NDArray[np.int64], float]] = (),
        exclude: NDArray[np.int64] = NO_MOVIES,
    ) -> NDArray[np.int64]:
        """Return the ids of the k movies most similar to a movie; empty if the model does not know it.

        Each leaning is a set of movie ids and a weight from −1 (fewer) to 1 (more); the ids `exclude` are left out.
        """
        ordinal = self.movies.ordinals(np.array([movie_id]), missing="mark")
        if ordinal[0] < 0:
            return NO_MOVIES
        labels = [(self.movies.ordinals(ids, missing="drop"), weight) for ids, weight in leanings]
        most_similar = steer(
            self.similar,
            self.directions[ordinal[0]],
            k,
            Wishes(labels=labels),
            Traits(self.facets.years, self.directions),
            exclude=np.concatenate([ordinal, self.excluded(exclude)]),
            candidates=self.well_rated,
        )
        return self.ids(most_similar)

    def ids(self, ordinals: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return movie ids of ordinals."""
        return self.embeddings.item_ids[ordinals]


def _served(plan: Mapping[str, Any], exact: ExactRanker, index: ItemIndex) -> ServedRanker:
    """Choose the ranker that was the faster one at publication, unless the setting names another."""
    choice = settings.RECOMMENDER_RANKER
    if "approximate" not in (choice, plan.get("serve") if choice == "measured" else None):
        return ServedRanker(exact)
    return ServedRanker(exact, index)
