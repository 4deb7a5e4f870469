"""Read interactions and item features from files, without a database: a MovieLens release or RecBole's atomic files."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from recommendations.engine.data.features import MAX_USER_TAGS, ItemFeatures, Labels
from recommendations.engine.data.interactions import IdMap, Interactions

TAG_ON_MOVIES = 5


def read(folder: Path) -> tuple[Interactions, ItemFeatures]:
    """Return the ratings and the features of the movies."""
    return _movielens(folder) if (folder / "ratings.csv").exists() else _atomic(folder)


def _movielens(folder: Path) -> tuple[Interactions, ItemFeatures]:
    ratings, movies, tags = (pl.read_csv(folder / f"{name}.csv") for name in ("ratings", "movies", "tags"))
    movies = movies.sort("movieId")
    items = IdMap(movies["movieId"].to_numpy())
    genres = [[genre for genre in text.split("|") if not genre.startswith("(")] for text in movies["genres"]]
    years = [int(year[1]) if (year := re.search(r"\((\d{4})\)\s*$", title)) else 0 for title in movies["title"]]
    names = [str(tag).casefold().strip() for tag in tags["tag"]]
    labels = Labels.of_pairs(items, tags["movieId"].to_numpy(), names, min_items=TAG_ON_MOVIES, most=MAX_USER_TAGS)
    half_stars = np.rint(ratings["rating"].to_numpy() * 2).astype(int)
    columns = (ratings["userId"].to_numpy(), ratings["movieId"].to_numpy(), half_stars, ratings["timestamp"].to_numpy())
    return Interactions.from_columns(*columns, items=items), _features(items, genres, years, {"tags": labels})


def _atomic(folder: Path) -> tuple[Interactions, ItemFeatures]:
    ratings = pl.read_csv(next(folder.glob("*.inter")), separator="\t")
    movies = pl.read_csv(next(folder.glob("*.item")), separator="\t", quote_char=None, infer_schema=False)
    movies = movies.with_columns(pl.col(movies.columns[0]).cast(pl.Int64)).sort(movies.columns[0])
    items = IdMap(movies[movies.columns[0]].to_numpy())
    genres = [(text or "").split() for text in movies[movies.columns[3]]]
    years = [int(text) if text and text.isdigit() else 0 for text in movies[movies.columns[2]]]
    users, rated, stars, times = (ratings[name].to_numpy() for name in ratings.columns[:4])
    half_stars = np.rint(stars * 2).astype(int)
    interactions = Interactions.from_columns(users, rated, half_stars, times.astype(np.int64), items=items)
    return interactions, _features(items, genres, years, {})


def _features(items: IdMap, genres: Iterable[list[str]], years: list[int], blocks: dict[str, Labels]) -> ItemFeatures:
    pairs = [(item, genre) for item, names in zip(items.ids, genres, strict=True) for genre in names]
    labels = Labels.of_pairs(items, [item for item, _ in pairs], [genre for _, genre in pairs])
    return ItemFeatures.build(items, {"genres": labels, **blocks}, years=np.array(years))
