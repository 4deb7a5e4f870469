"""An opened version: what one process needs to answer, mapped from files that never change."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recommendations.engine.data.interactions import IdMap, fingerprint
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.fold_in import FoldIn
from recommendations.engine.models.rating_prediction import Stars
from recommendations.engine.ranking.annoy_index import ItemIndex, open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.hybrid import ServedRanker
from recommendations.engine.reranking.explanations import parts_by_block, parts_by_rating
from recommendations.engine.reranking.similarity import well_rated
from recommendations.engine.reranking.steering import Traits, Wishes, steer
from recommendations.serving.facets import Catalogue
from recommendations.serving.filters import Filters, Ranker, Source, Steering
from recommendations.versions import artifacts

MOVIES_INDEX = "movies.ann"
SIMILAR_INDEX = "similar.ann"


@dataclass(frozen=True)
class Ratings:
    """Somebody's ratings: `movie_ids` (m,) int64, ascending, `half_stars` (m,) int8, `rated_at` (m,) int64 Unix
    seconds."""

    movie_ids: NDArray[np.int64]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Ratings":
        """Ratings of which it is not known when they were made: now, and none is newer than another."""
        table = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        return cls(table[:, 0].copy(), table[:, 1].astype(np.int8), np.full(len(table), int(time.time())))

    def without(self, movie_id: int) -> "Ratings":
        """The same but for that of one movie."""
        kept = self.movie_ids != movie_id
        return Ratings(self.movie_ids[kept], self.half_stars[kept], self.rated_at[kept])


@dataclass(frozen=True)
class Person:
    """Somebody as the model sees them: a vector (d + 2,) float32, and those of their ratings that it knows."""

    vector: NDArray[np.float32]
    source: Source
    ordinals: NDArray[np.int32]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """A score, what each block of features brings to it, and what each rating brings (by the movie's id)."""

    score: float
    blocks: dict[str, float]
    base: float
    shares: dict[int, float]


@dataclass(frozen=True)
class Bundle:
    """One version, ready to answer; requests of many threads may share it.

    `units` (n_items, d) float32 are the movies' directions; `trial` (n_users,) float32 is each user's NDCG@10 when
    their latest ratings were held out, NaN for those who had nothing to be judged by.
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
    units: NDArray[np.float32]
    catalogue: Catalogue
    well_rated: NDArray[np.int32]
    trial: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]]
    stars: Stars

    @classmethod
    def open(cls, folder: Path, manifest: dict[str, Any]) -> "Bundle":
        """Open a verified folder."""
        arrays = artifacts.open_arrays(folder)
        embeddings = Embeddings(arrays["user_ids"], arrays["item_ids"], arrays["users"], arrays["items"])
        catalogue = Catalogue(**artifacts.within(arrays, "catalogue"))
        ranker = ExactRanker.from_arrays(embeddings.items, artifacts.within(arrays, "exact"))
        plan = manifest.get("index", {})
        index = open_index(folder / MOVIES_INDEX, embeddings.items, search_k=plan.get("search_k", -1))
        return cls(
            name=folder.name,
            manifest=manifest,
            embeddings=embeddings,
            fold_in=FoldIn.from_arrays(artifacts.within(arrays, "fold_in")),
            fingerprints=arrays["fingerprints"],
            movies=IdMap(embeddings.item_ids),
            users=IdMap(embeddings.user_ids),
            ranker=ranker,
            index=index,
            served=_served(plan, ranker, index),
            similar=ExactRanker.from_arrays(arrays["directions"], artifacts.within(arrays, "similar")),
            units=arrays["directions"],
            catalogue=catalogue,
            well_rated=well_rated(catalogue.rating_counts),
            trial=arrays["trial"],
            parts=artifacts.within(arrays, "parts"),
            stars=Stars.from_arrays(artifacts.within(arrays, "stars")),
        )

    def person(self, user_id: int | None, ratings: Ratings) -> Person | None:
        """Somebody with these ratings; None if none of them is of a movie that the model knows.

        The vector is the trained one if it was trained on exactly these ratings, and else computed from them.
        """
        ordinals = self.movies.ordinals(ratings.movie_ids, missing="mark")
        known = ordinals >= 0
        told = ordinals[known], ratings.half_stars[known], ratings.rated_at[known]
        if not len(told[0]):
            return None
        trained = self._trained(user_id, ratings)
        if trained is not None:
            return Person(trained, Source.TRAINED, *told)
        return Person(self.fold_in.vector(*told), Source.FOLDED_IN, *told)

    def _trained(self, user_id: int | None, ratings: Ratings) -> NDArray[np.float32] | None:
        if user_id is None:
            return None
        place = self.users.ordinals(np.array([user_id]), missing="mark")[0]
        if place < 0 or self.fingerprints[place] != fingerprint(ratings.movie_ids, ratings.half_stars):
            return None
        return self.embeddings.users[place]

    def reasons(self, person: Person, ordinals: NDArray[np.int32], n: int) -> list[list[tuple[int, int, float]]]:
        """For each movie, the n ratings of movies liked that raise its score most: (movie id, half stars, share of it).

        The shares are exact: a vector computed from ratings is a sum over them.  A trained vector differs from
        that sum by what training added, which no rating is credited with.
        """
        liked = self.fold_in.weights[person.half_stars] > 0
        added = self.fold_in.contributions(person.ordinals, person.half_stars, person.rated_at)[liked]
        shares = added @ self.embeddings.items[ordinals].T
        best = np.argsort(-shares, axis=0, kind="stable")[:n].T
        rated, half_stars = self.ids(person.ordinals[liked]), person.half_stars[liked]
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
        """The best k movies that pass the filters, without those with an id in `exclude`.

        Steered, they stand in the order that was wished for, with their unsteered scores.
        """
        left_out = self.movies.ordinals(exclude, missing="drop")
        eligible = self.catalogue.eligible(filters)
        if not steering and ranker == Ranker.ANNOY:
            return approximate_rank(vector, self.index, k, exclude=left_out, candidates=eligible)
        if not steering:
            chosen = self.ranker if ranker == Ranker.EXACT else self.served
            return chosen.rank(vector, k, exclude=left_out, candidates=eligible)
        traits = Traits(self.catalogue.years, self.units)
        found = steer(self.ranker, vector, k, self._wishes(steering), traits, exclude=left_out, candidates=eligible)
        return Ranking(found, self.embeddings.items[found] @ vector, len(self.movies))

    def _wishes(self, steering: Steering) -> Wishes:
        labels = [(self.catalogue.of_genre(genre), wish) for genre, wish in steering.genres.items()]
        labels += [(self.catalogue.of_tag(tag), wish) for tag, wish in steering.tags.items()]
        return Wishes(steering.popularity, steering.recency, steering.diversity, labels)

    def predicted_stars(self, person: Person, ordinals: NDArray[np.int32]) -> NDArray[np.float64]:
        """What somebody would probably rate movies that they have not rated; (m,), 0.5 to 5."""
        return self.stars.predict(self.units, person.ordinals, person.half_stars, ordinals)

    def stars_of(self, person: Person | None, movie_ids: NDArray[np.int64]) -> dict[int, float]:
        """The same by id, for those of the movies that the model knows."""
        ordinals = self.movies.ordinals(movie_ids, missing="drop")
        if person is None or not len(ordinals):
            return {}
        return dict(zip(self.ids(ordinals).tolist(), self.predicted_stars(person, ordinals).tolist(), strict=True))

    def explain(self, person: Person | None, movie_id: int) -> Parts | None:
        """The score of a movie, taken apart; None if the model does not know it, or nothing of the person."""
        place = self.movies.ordinals(np.array([movie_id]), missing="drop")
        if person is None or not len(place):
            return None
        items = self.embeddings.items[place]
        added = self.fold_in.contributions(person.ordinals, person.half_stars, person.rated_at)
        base, shares = parts_by_rating(added, self.fold_in.base(person.half_stars, person.rated_at), items)
        blocks = parts_by_block(person.vector, self.parts, place)
        return Parts(
            score=float(items[0].astype(np.float64) @ person.vector.astype(np.float64)),
            blocks={name: float(part[0]) for name, part in blocks.items()},
            base=float(base[0]),
            shares=dict(zip(self.ids(person.ordinals).tolist(), shares[0].tolist(), strict=True)),
        )

    def alike(
        self, movie_id: int, k: int, leanings: Sequence[tuple[NDArray[np.int64], float]] = ()
    ) -> NDArray[np.int64]:
        """The ids of the movies most similar to one; none if the model does not know it.

        Each leaning is the ids of some movies, and how much more (to 1) or less (to −1) such movies are wanted.
        """
        place = self.movies.ordinals(np.array([movie_id]), missing="mark")
        if place[0] < 0:
            return np.empty(0, dtype=np.int64)
        labels = [(self.movies.ordinals(ids, missing="drop"), lean) for ids, lean in leanings]
        found = steer(
            self.similar,
            self.units[place[0]],
            k,
            Wishes(labels=labels),
            Traits(self.catalogue.years, self.units),
            exclude=place,
            candidates=self.well_rated,
        )
        return self.ids(found)

    def ids(self, ordinals: NDArray[np.int32]) -> NDArray[np.int64]:
        return self.embeddings.item_ids[ordinals]


def _served(plan: Mapping[str, Any], exact: ExactRanker, index: ItemIndex) -> ServedRanker:
    """The ranker that publishing measured to be the faster one, unless the setting names another."""
    choice = settings.RECOMMENDER_RANKER
    if "approximate" not in (choice, plan.get("serve") if choice == "measured" else None):
        return ServedRanker(exact)
    return ServedRanker(exact, index)
