"""Read the training data from the database: interactions, item features and facets."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from movies import columns
from movies.selectors import genome
from movies.transfer import parquet
from recommendations.engine.data.features import MAX_USER_TAGS, ItemFeatures, Labels
from recommendations.engine.data.interactions import IdMap, Interactions
from recommendations.serving.facets import ItemFacets, grouped

TAG_ON_MOVIES = 5
"""Tags on fewer movies are dropped: they add little to the movies' own vectors."""


@dataclass(frozen=True)
class Data:
    """The training data of one version."""

    interactions: Interactions
    features: ItemFeatures
    facets: ItemFacets

    def summary(self) -> dict[str, Any]:
        """Return the sizes for the manifest, and as watermark the time of the latest rating."""
        latest = int(self.interactions.timestamps.max()) if len(self.interactions) else 0
        return {
            "users": self.interactions.n_users,
            "movies": self.interactions.n_items,
            "ratings": len(self.interactions),
            "features": self.features.n_features,
            "watermark": datetime.fromtimestamp(latest, UTC).isoformat(),
        }


def read(folder: str | None = None) -> Data:
    """Read all ratings and the catalogue. No transaction stays open, so that members can rate during the training.

    Ratings come from the database, or from the Parquet files of `manage.py export_ratings --parquet` in `folder`.
    """
    ratings = parquet.read(Path(folder)) if folder else columns.ratings()
    catalogue = columns.catalogue()
    items = IdMap(catalogue.movie_ids)
    known = items.ordinals(ratings.movie_ids, missing="mark") >= 0
    interactions = Interactions.from_columns(
        ratings.user_ids[known],
        ratings.movie_ids[known],
        ratings.half_stars[known],
        ratings.rated_at[known],
        items=items,
    )
    genres, tags = [str(genre) for genre in catalogue.genre_ids], [str(tag) for tag in catalogue.tag_ids]
    blocks = {
        "genres": Labels.of_pairs(items, catalogue.genre_movie_ids, genres),
        "tags": Labels.of_pairs(items, catalogue.tag_movie_ids, tags, min_items=TAG_ON_MOVIES, most=MAX_USER_TAGS),
        "genome": _genome(items),
    }
    features = ItemFeatures.build(items, blocks, years=catalogue.years)
    return Data(interactions, features, _facets(catalogue, items, interactions))


def _genome(items: IdMap) -> Labels:
    """Return the strongest genome tags of the movies that have genome scores."""
    ids, names, relevances = genome.genome()
    strongest = Labels.strongest(relevances, names)
    ordinals = items.ordinals(ids, missing="mark")
    cells = strongest.matrix.tocoo()
    known = ordinals[cells.row] >= 0
    coordinates = (ordinals[cells.row][known], cells.col[known])
    return Labels(csr_matrix((cells.data[known], coordinates), (len(items), len(names))), strongest.names)


def _facets(catalogue: columns.CatalogueColumns, items: IdMap, interactions: Interactions) -> ItemFacets:
    genres = grouped(catalogue.genre_ids, items.ordinals(catalogue.genre_movie_ids))
    tags = grouped(catalogue.tag_ids, items.ordinals(catalogue.tag_movie_ids), at_least=TAG_ON_MOVIES)
    return ItemFacets(catalogue.years.astype(np.int16), interactions.counts.astype(np.int32), *genres, *tags)
