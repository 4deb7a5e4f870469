"""What a training reads of the database, as the engine wants it."""

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
"""A tag on fewer movies says little that the movie's own vector cannot."""


@dataclass(frozen=True)
class Data:
    """Everything that one version is made from."""

    interactions: Interactions
    features: ItemFeatures
    facets: ItemFacets

    def summary(self) -> dict[str, Any]:
        """What was read, for the manifest; the watermark is the time of the latest rating."""
        latest = int(self.interactions.timestamps.max()) if len(self.interactions) else 0
        return {
            "users": self.interactions.n_users,
            "movies": self.interactions.n_items,
            "ratings": len(self.interactions),
            "features": self.features.n_features,
            "watermark": datetime.fromtimestamp(latest, UTC).isoformat(),
        }


def read(folder: str | None = None) -> Data:
    """Read all ratings and the catalogue.  No transaction is open afterwards: visitors rate while the model trains.

    Ratings are the database's, or those that `manage.py export_ratings --parquet` has written into `folder`.
    """
    rated = parquet.read(Path(folder)) if folder else columns.ratings()
    listed = columns.catalogue()
    items = IdMap(listed.movie_ids)
    known = items.ordinals(rated.movie_ids, missing="mark") >= 0
    interactions = Interactions.from_columns(
        rated.user_ids[known], rated.movie_ids[known], rated.half_stars[known], rated.rated_at[known], items=items
    )
    blocks = {
        "genres": Labels.of_pairs(items, listed.genre_movie_ids, [str(genre) for genre in listed.genre_ids]),
        "tags": Labels.of_pairs(
            items,
            listed.tag_movie_ids,
            [str(tag) for tag in listed.tag_ids],
            min_items=TAG_ON_MOVIES,
            most=MAX_USER_TAGS,
        ),
    }
    blocks["genome"] = _genome(items)
    features = ItemFeatures.build(items, blocks, years=listed.years)
    return Data(interactions, features, _facets(listed, items, interactions))


def _genome(items: IdMap) -> Labels:
    """The strongest tags of the genome, for the movies that have scores."""
    ids, names, relevances = genome.genome()
    found = Labels.strongest(relevances, names)
    rows = items.ordinals(ids, missing="mark")
    cells = found.matrix.tocoo()
    known = rows[cells.row] >= 0
    placed = (rows[cells.row][known], cells.col[known])
    return Labels(csr_matrix((cells.data[known], placed), (len(items), len(names))), found.names)


def _facets(listed: columns.CatalogueColumns, items: IdMap, interactions: Interactions) -> ItemFacets:
    genres = grouped(listed.genre_ids, items.ordinals(listed.genre_movie_ids))
    tags = grouped(listed.tag_ids, items.ordinals(listed.tag_movie_ids), at_least=TAG_ON_MOVIES)
    return ItemFacets(listed.years.astype(np.int16), interactions.counts.astype(np.int32), *genres, *tags)
