"""The output of every trainer, and the protocol of its training parameters."""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.models.ease import EaseSettings
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.fold_in import FoldIn

Progress = Callable[[str, int, int], None]
"""Called with the phase, the number of finished steps, and the maximum number of steps."""


class Config(Protocol):
    """Training parameters: a dataclass of numbers and strings."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def ease(self) -> EaseSettings:
        """Parameters of the EASE baseline that a trial is compared with."""

    @property
    def weights(self) -> NDArray[np.float32]:
        """(11,) float32: the weight of a rating by its half stars, for that EASE and for fold-in."""


C = TypeVar("C", bound=Config)


@dataclass(frozen=True, eq=False)
class TrainedModel(Generic[C]):
    """A trained model.

    Attributes
    ----------
    embeddings : Embeddings
    fold_in : FoldIn
    item_parts : mapping of str to (n_items, d + 1) float32
        The contribution of each block of features to `[v, b_v]`; the parts sum to it.
    config : Config
        With the parameters that were found; passing it to the trainer again skips the search.
    history : list of dict
        One entry per validation check: "epoch" and the metrics on the validation slice.
    """

    embeddings: Embeddings
    fold_in: FoldIn
    item_parts: Mapping[str, NDArray[np.float32]]
    config: C
    history: list[dict[str, Any]]
