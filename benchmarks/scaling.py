"""Estimate the resources of a site of a given size from measured unit costs.

    .venv/bin/python -m benchmarks.scaling
    .venv/bin/python -m benchmarks.scaling --ratings 1e9 --users 1e8 --movies 1e6 --requests 500 --cores 16

prints a Markdown table; needs that exceed one machine are bold. `--cost request=0.004` replaces a unit cost. Without
arguments the table is that of docs/scaling.md, for 1, 10, 100 and 1,000 times ml-25m.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

MB, GB, HOUR = 1e6, 1e9, 3600.0


@dataclass(frozen=True)
class Site:
    """The size of a site; `requests` are those per second at the busiest time."""

    ratings: float = 25_000_095
    users: float = 162_541
    movies: float = 62_423
    requests: float = 50
    dimension: int = 128

    def times(self, factor: float) -> "Site":
        """Return a site with this many times the users, ratings and requests; movies grow with its square root."""
        return replace(
            self,
            ratings=self.ratings * factor,
            users=self.users * factor,
            movies=self.movies * factor**0.5,
            requests=self.requests * factor,
        )


@dataclass(frozen=True)
class Machine:
    """One machine: cores, bytes of memory and disk, bytes per second of network, and seconds of a night."""

    cores: float = 8
    memory: float = 32 * GB
    disk: float = 1000 * GB
    network: float = 1.25 * GB
    night: float = 8 * HOUR


@dataclass(frozen=True)
class Costs:
    """Unit costs, in bytes or CPU seconds of one core; docs/scaling.md says where each was measured.

    stored_rating, loaded_rating, read_rating, exported_rating
        One rating stored in PostgreSQL with its indexes; loaded first; read for training; in Parquet.
    trained_rating, lightfm_step, joined_rating
        Memory of a retraining per rating; one rating, column and epoch of a LightFM fit; one rating in the rest of the
        training: EASE, fold-in, and the vectors of users that LightFM was not fitted on.
    handed_rating, spark_rating, spark_step
        The same for ALS on Spark: memory per rating of the retraining and of the cluster; a step as above.
    listed_rating, batch_product
        One rating read and folded in for the lists of all users; one movie and column in each list.
    ranked_product
        One movie and column in the list of one request.
    indexed, request
        A list from the approximate index; a page without the ranking.
    """

    stored_rating: float = 114
    loaded_rating: float = 3.6e-6
    read_rating: float = 0.43e-6
    exported_rating: float = 5.2
    trained_rating: float = 258
    lightfm_step: float = 7.5e-7
    joined_rating: float = 5.0e-6
    handed_rating: float = 260
    spark_rating: float = 400
    spark_step: float = 6.4e-8
    listed_rating: float = 2.3e-6
    batch_product: float = 41e-12
    ranked_product: float = 45e-12
    indexed: float = 420e-6
    request: float = 27e-3

    def __post_init__(self) -> None:
        if wrong := [cost.name for cost in fields(self) if getattr(self, cost.name) < 0]:
            raise ValueError(f"{', '.join(wrong)} cannot be negative")


@dataclass(frozen=True)
class Need:
    """A resource: the amount needed and the limit of one machine, both in base units."""

    name: str
    amount: float
    limit: float
    unit: float
    unit_name: str

    @property
    def machines(self) -> float:
        return self.amount / self.limit

    @property
    def text(self) -> str:
        return f"{_short(self.amount / self.unit)} {self.unit_name}"


LIGHTFM_FITS, LIGHTFM_EPOCHS, LIGHTFM_COLUMNS, LIGHTFM_RATINGS = 2, 24, 32, 1_000_000
SPARK_EPOCHS, SPARK_COLUMNS = 15, 64
BYTES_OF_A_NUMBER = 4
BESIDE_A_VECTOR = 24
"""Bytes of an id, a fingerprint, an offset and a hold-out result."""
VECTORS_OF_A_MOVIE = 14
"""In a version: for ranking, for similarity, three for fold-in, one per feature block, and in two indexes."""
INDEXED_FROM = 1_000_000
"""From this many movies on, unfiltered lists come from the approximate index."""


def needs(site: Site, machine: Machine, costs: Costs) -> list[Need]:
    """Return the needs of all parts, in the order in which data flows."""
    night = machine.cores * machine.night
    columns = site.dimension + 2
    vectors = columns * BYTES_OF_A_NUMBER + BESIDE_A_VECTOR
    version = (site.users + VECTORS_OF_A_MOVIE * site.movies) * vectors
    indexed = site.movies >= INDEXED_FROM
    ranking = costs.indexed if indexed else costs.ranked_product * site.movies * columns
    fitted = min(site.ratings, LIGHTFM_RATINGS)
    lightfm = costs.lightfm_step * LIGHTFM_COLUMNS * LIGHTFM_EPOCHS * LIGHTFM_FITS * fitted
    spark = costs.spark_step * SPARK_COLUMNS * SPARK_EPOCHS * site.ratings
    lists = costs.listed_rating * site.ratings + costs.batch_product * site.movies * columns * site.users
    return [
        Need("database, disk", costs.stored_rating * site.ratings, machine.disk, GB, "GB"),
        Need("first load, CPU", costs.loaded_rating * site.ratings, machine.night, HOUR, "h"),
        Need("reading for training, CPU", costs.read_rating * site.ratings, machine.night, HOUR, "h"),
        Need("training in one process, memory", costs.trained_rating * site.ratings, machine.memory, GB, "GB"),
        Need("LightFM, CPU", lightfm, LIGHTFM_FITS * machine.night, HOUR, "h"),
        Need("EASE, ALS and fold-in, CPU", costs.joined_rating * site.ratings, machine.night, HOUR, "h"),
        Need("ALS on Spark, memory of the retraining", costs.handed_rating * site.ratings, machine.memory, GB, "GB"),
        Need("ALS on Spark, memory of the cluster", costs.spark_rating * site.ratings, machine.memory, GB, "GB"),
        Need("ALS on Spark, CPU of the cluster", spark, night, HOUR, "h"),
        Need("Parquet for Spark, disk", costs.exported_rating * site.ratings, machine.disk, GB, "GB"),
        Need("a version, disk of each host", version, machine.disk, GB, "GB"),
        Need("a version, network of each host", version, machine.network * HOUR, GB, "GB"),
        Need("movie vectors, memory of each host", 5 * site.movies * vectors, machine.memory, GB, "GB"),
        Need("top 100 for all users, CPU", lists, night, HOUR, "h"),
        Need("pages, CPU", (costs.request + ranking) * site.requests, machine.cores, 1, "cores"),
    ]


def table(factors: Sequence[float], site: Site, machine: Machine, costs: Costs) -> str:
    """Return the needs at several multiples of a site as a Markdown table; bold exceeds one machine."""
    sites = [site.times(factor) for factor in factors]
    head = ["", *(f"{factor:g} ×" for factor in factors)]
    sizes = [
        [name, *(_short(getattr(one, name)) for one in sites)] for name in ("ratings", "users", "movies", "requests")
    ]
    columns = [needs(one, machine, costs) for one in sites]
    rows = [[row[0].name, *(_cell(need) for need in row)] for row in zip(*columns, strict=True)]
    lines = [head, ["---"] * len(head), *sizes, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(need: Need) -> str:
    return f"**{need.text}**" if need.machines > 1 else need.text


def _short(value: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if value >= size:
            scale = 1e3 if letter == " k" else size
            return f"{value / scale:.3g}{letter}"
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"


def parse_arguments() -> tuple[Site, Machine, Costs, Sequence[float]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind in (Site, Machine):
        for field in fields(kind):
            parser.add_argument(f"--{field.name}", type=float, default=field.default, metavar="N")
    parser.add_argument("--cost", action="append", default=[], metavar="NAME=VALUE", help="; ".join(_names(Costs)))
    parser.add_argument("--times", type=float, nargs="+", help="multiples of that size (default: 1 10 100 1000)")
    options = parser.parse_args()
    site = Site(**{name: getattr(options, name) for name in _names(Site)})
    machine = Machine(**{name: getattr(options, name) for name in _names(Machine)})
    overrides = dict(assignment.split("=", 1) for assignment in options.cost)
    if unknown := sorted(set(overrides) - set(_names(Costs))):
        parser.error(f"unknown: {', '.join(unknown)}")
    costs = Costs(**{name: float(value) for name, value in overrides.items()})
    return site, machine, costs, options.times or ((1,) if site != Site() else (1, 10, 100, 1000))


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def main() -> None:
    site, machine, costs, factors = parse_arguments()
    print(table(factors, site, machine, costs))


if __name__ == "__main__":
    main()
