"""How the releases are laid out: in CSV since 2014, before that in files without headers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from movies.sources.movielens.tables import Table


@dataclass(frozen=True)
class Layout:
    """The files of one family of releases; all but movies and ratings, and people where given, may be missing."""

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
        every = (self.movies, self.ratings, self.links, self.tags, self.people, self.genome_tags, self.genome_scores)
        return [table for table in every if table]

    @property
    def files(self) -> set[str]:
        return {table.file for table in self.tables}

    @property
    def needed(self) -> set[str]:
        return {table.file for table in (self.movies, self.ratings, self.people) if table}


Arrange = Callable[[Sequence[str]], Sequence[str]]


def _bare(
    file: str, delimiter: str, columns: tuple[str, ...], encoding: str = "latin-1", arranged: Arrange | None = None
) -> Table:
    """A file without a header or quotes."""
    return Table(file, columns, delimiter, False, encoding, False, arranged)


_OCCUPATIONS = """other|academic/educator|artist|clerical/admin|college/grad student|customer service
doctor/health care|executive/managerial|farmer|homemaker|K-12 student|lawyer|programmer|retired|sales/marketing
scientist|self-employed|technician/engineer|tradesman/craftsman|unemployed|writer""".replace("\n", "|").split("|")
_FLAGS = """unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror
Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western""".replace("\n", "|").split("|")


def _occupation_named(cells: Sequence[str]) -> Sequence[str]:
    code = cells[3]
    if not (code.isascii() and code.isdigit() and int(code) < len(_OCCUPATIONS)):
        raise ValueError(f"occupation “{code[:40]}” is no number below {len(_OCCUPATIONS)}")
    return (*cells[:3], _OCCUPATIONS[int(code)])


def _occupation_last(cells: Sequence[str]) -> Sequence[str]:
    return (cells[0], cells[2], cells[1], cells[3])


def _genres_from_flags(cells: Sequence[str]) -> Sequence[str]:
    flags = cells[-len(_FLAGS) :]
    if any(flag not in ("0", "1") for flag in flags):
        raise ValueError("a genre is marked by something else than 0 or 1")
    named = [name for name, flag in zip(_FLAGS, flags, strict=True) if flag == "1" and name != "unknown"]
    return (cells[0], cells[1], "|".join(named))


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
    people=_bare("users.dat", "::", ("userId", "gender", "age", "occupation", "zip"), arranged=_occupation_named),
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
    people=_bare("u.user", "|", ("userId", "age", "gender", "occupation", "zip"), arranged=_occupation_last),
)
LAYOUTS = (CSV, ML_1M, ML_10M, ML_100K)
