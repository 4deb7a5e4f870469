"""File layouts of MovieLens releases: CSV since 2014, files without headers before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from movies.sources.movielens.tables import LATIN_1, Table


@dataclass(frozen=True)
class Layout:
    """Files of one family of releases. Movies, ratings and (if given) people are required, all others optional."""

    name: str
    movies: Table
    ratings: Table
    links: Table | None = None
    tags: Table | None = None
    people: Table | None = None
    genome_tags: Table | None = None
    genome_scores: Table | None = None

    @property
    def tables(self) -> list[Table]:
        tables = (self.movies, self.ratings, self.links, self.tags, self.people, self.genome_tags, self.genome_scores)
        return [table for table in tables if table]

    @property
    def files(self) -> set[str]:
        return {table.file for table in self.tables}

    @property
    def required_files(self) -> set[str]:
        return {table.file for table in (self.movies, self.ratings, self.people) if table}


Arrange = Callable[[Sequence[str]], Sequence[str]]


def _bare(
    file: str, delimiter: str, columns: tuple[str, ...], encoding: str = LATIN_1, arranged: Arrange | None = None
) -> Table:
    """Return the layout of a file without a header and quotes."""
    return Table(file, columns, delimiter, False, encoding, False, arranged)


_OCCUPATIONS = """other|academic/educator|artist|clerical/admin|college/grad student|customer service
doctor/health care|executive/managerial|farmer|homemaker|K-12 student|lawyer|programmer|retired|sales/marketing
scientist|self-employed|technician/engineer|tradesman/craftsman|unemployed|writer""".replace("\n", "|").split("|")
_FLAGS = """unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror
Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western""".replace("\n", "|").split("|")


def _decode_occupation(cells: Sequence[str]) -> Sequence[str]:
    code = cells[3]
    if not (code.isascii() and code.isdigit() and int(code) < len(_OCCUPATIONS)):
        raise ValueError(f"occupation “{code[:40]}” is not a number below {len(_OCCUPATIONS)}")
    return (*cells[:3], _OCCUPATIONS[int(code)])


def _reorder_person(cells: Sequence[str]) -> Sequence[str]:
    return (cells[0], cells[2], cells[1], cells[3])


def _genres_from_flags(cells: Sequence[str]) -> Sequence[str]:
    flags = cells[-len(_FLAGS) :]
    if any(flag not in ("0", "1") for flag in flags):
        raise ValueError("a genre flag is neither 0 nor 1")
    genres = [name for name, flag in zip(_FLAGS, flags, strict=True) if flag == "1" and name != "unknown"]
    return (cells[0], cells[1], "|".join(genres))


_RATING = ("userId", "movieId", "rating", "timestamp")
_MOVIE = ("movieId", "title", "genres")
_TAG = ("userId", "movieId", "tag", "timestamp")

CSV = Layout(
    "CSV",
    movies=Table("movies.csv", _MOVIE),
    ratings=Table("ratings.csv", _RATING),
    links=Table("links.csv", ("movieId", "imdbId", "tmdbId")),
    tags=Table("tags.csv", _TAG),
    genome_tags=Table("genome-tags.csv", ("tagId", "tag")),
    genome_scores=Table("genome-scores.csv", ("movieId", "tagId", "relevance")),
)
ML_1M = Layout(
    "ml-1m",
    movies=_bare("movies.dat", "::", _MOVIE),
    ratings=_bare("ratings.dat", "::", _RATING),
    people=_bare("users.dat", "::", ("userId", "gender", "age", "occupation", "zip"), arranged=_decode_occupation),
)
ML_10M = Layout(
    "ml-10m",
    movies=_bare("movies.dat", "::", _MOVIE, "utf-8"),
    ratings=_bare("ratings.dat", "::", _RATING),
    tags=_bare("tags.dat", "::", _TAG, "utf-8"),
)
ML_100K = Layout(
    "ml-100k",
    movies=_bare("u.item", "|", (*_MOVIE[:2], "released", "video", "url", *_FLAGS), arranged=_genres_from_flags),
    ratings=_bare("u.data", "\t", _RATING),
    people=_bare("u.user", "|", ("userId", "age", "gender", "occupation", "zip"), arranged=_reorder_person),
)
LAYOUTS = (CSV, ML_1M, ML_10M, ML_100K)
