"""What every trainer leaves, and what its parameters must tell."""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.models.ease import EaseSettings
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.fold_in import FoldIn

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps of it are done, and how many there are at most."""


class Config(Protocol):
    """The parameters of a training: a dataclass of numbers and words."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def ease(self) -> EaseSettings:
        """Of the EASE that a trial is judged beside."""

    @property
    def weights(self) -> NDArray[np.float32]:
        """(11,) float32: what a rating counts by its half stars, for that EASE and the fold-in."""


C = TypeVar("C", bound=Config)


@dataclass(frozen=True, eq=False)
class TrainedModel(Generic[C]):
    """What training leaves.

    Attributes
    ----------
    embeddings : Embeddings
    fold_in : FoldIn
    item_parts : mapping of str to (n_items, d + 1) float32
        What each block of features brings to `[v, b_v]`; they add up to it.
    config : Config
        With what was found; give it to the trainer again to save the search.
    history : list of dict
        One entry per epoch that was judged: "epoch" and the measures on the validation slice.
    """

    embeddings: Embeddings
    fold_in: FoldIn
    item_parts: Mapping[str, NDArray[np.float32]]
    config: C
    history: list[dict[str, Any]]
