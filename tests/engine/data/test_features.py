"""Item features do not outweigh an item's own embedding."""

import numpy as np
import pytest

from recommendations.engine.data.features import ItemFeatures, Labels
from recommendations.engine.data.interactions import IdMap

pytestmark = pytest.mark.engine

ITEMS = IdMap.of([1984, 2001, 2010])


def lengths(features: ItemFeatures, block: str) -> list[float]:
    part = features.matrix[:, features.blocks[block]].toarray()
    return np.linalg.norm(part, axis=1).round(5).tolist()


def test_many_tags_do_not_outweigh_the_identity() -> None:
    tags = Labels.of_pairs(ITEMS, [1984] * 30 + [2001], [f"tag {n}" for n in range(30)] + ["tag 1"])
    features = ItemFeatures.build(ITEMS, {"tags": tags}, weights={"identity": 1, "tags": 0.3})
    assert lengths(features, "identity") == [1, 1, 1]
    assert lengths(features, "tags") == pytest.approx([0.3, 0.3, 0])


def test_a_tag_named_like_an_item_is_a_different_feature() -> None:
    tags = Labels.of_pairs(ITEMS, [2001], ["1984"])
    features = ItemFeatures.build(ITEMS, {"tags": tags})
    assert len(set(features.names)) == features.n_features == 4
    assert features.names[-1] == "tags:1984"


def test_decades_come_from_known_years() -> None:
    features = ItemFeatures.build(ITEMS, years=np.array([1984, 0, 1989]))
    assert features.names[3:] == ("decades:1980s",)
    assert features.matrix[:, 3].toarray().ravel().astype(bool).tolist() == [True, False, True]


def test_repetitions_count_once_and_rare_labels_can_be_dropped() -> None:
    labels = Labels.of_pairs(ITEMS, [1984, 1984, 2001, 2001, 7], ["a", "a", "a", "b", "a"], min_items=2)
    assert labels.names == ("a",)
    assert labels.matrix.toarray().ravel().tolist() == [1, 1, 0]


def test_the_most_frequent_names_are_kept() -> None:
    pairs = [(1984, "b"), (1984, "a"), (1984, "c"), (1984, "c"), (2001, "b")]
    labels = Labels.of_pairs(ITEMS, [item for item, _ in pairs], [name for _, name in pairs], most=2)
    assert labels.names == ("a", "b", "c")
    assert labels.matrix.toarray().tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_the_strongest_genome_scores_are_kept() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.2, 0.1, 0.3], [0, 0, 0]])
    assert Labels.strongest(scores, ["x", "y", "z"], 2).matrix.toarray() == pytest.approx(
        np.array([[0, 0.9, 0.5], [0.2, 0, 0.3], [0, 0, 0]])
    )


def test_a_block_of_weight_zero_is_omitted() -> None:
    genres = Labels.of_pairs(ITEMS, [1984], ["Drama"])
    assert set(ItemFeatures.build(ITEMS, {"genres": genres}, weights={"identity": 1, "genres": 0}).blocks) == {
        "identity"
    }


def test_labels_of_another_catalogue_are_refused() -> None:
    genres = Labels.of_pairs(IdMap.of([1]), [1], ["Drama"])
    with pytest.raises(ValueError, match="genres have 1 rows for 3 items"):
        ItemFeatures.build(ITEMS, {"genres": genres})
