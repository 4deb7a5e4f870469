from movies.models.catalogue import (  # noqa: F401
    MOVIELENS_USERNAME,
    PRIOR_MEAN,
    PRIOR_RATINGS,
    Genre,
    HiddenMovie,
    KeptMovie,
    Movie,
    MovieTag,
    Rating,
    Tag,
    User,
    WatchGroup,
    WatchGroupMember,
    WatchlistItem,
)
from movies.models.genome import Demographics, GenomeTag, GenomeVector  # noqa: F401
from movies.models.loads import Load  # noqa: F401
