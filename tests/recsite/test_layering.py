"""The dependency rules of docs/architecture.md, held on the syntax trees of all modules."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.environment import ROOT

CODE = ("recsite", "movies", "recommendations", "tests", "benchmarks")
CONVENTIONAL = {"__init__", "__main__", "admin", "apps", "conftest", "forms", "models", "serializers", "tasks", "urls"}
"""Names of modules that Django, Python or pytest give, and that recur in every app."""
MOST_MODULES = 16
MOST_LINES = 300
MOST_NAMESAKES = 2


@dataclass(frozen=True)
class Arrow:
    """Modules below `source` import nothing below `never`, except what lies below `except_for`."""

    source: str
    never: tuple[str, ...]
    except_for: tuple[str, ...] = ()

    def violations(self, module: str, source: str) -> list[str]:
        if not within(module, self.source) or any(within(module, other) for other in self.except_for):
            return []
        return [name for name in imports(source) if any(within(name, package) for package in self.never)]


ENGINE = "recommendations.engine"
TOP = ("views", "api", "admin", "management", "tasks", "forms", "middleware", "templatetags")
"""What presents: nothing that computes imports it."""
DOMAIN = ("serving", "training", "versions", "feedback", "evaluation", "exports", "backups", "models")

ARROWS = [
    # Inside the engine: data <- models <- ranking <- reranking, evaluation; training on top.
    Arrow(f"{ENGINE}.jit", (ENGINE,)),
    Arrow(f"{ENGINE}.data", tuple(f"{ENGINE}.{room}" for room in ("models", "ranking", "reranking", "evaluation"))),
    Arrow(f"{ENGINE}.models", tuple(f"{ENGINE}.{room}" for room in ("ranking", "reranking", "evaluation"))),
    Arrow(f"{ENGINE}.ranking", tuple(f"{ENGINE}.{room}" for room in ("reranking", "evaluation"))),
    Arrow(f"{ENGINE}.reranking", (f"{ENGINE}.evaluation",)),
    Arrow(f"{ENGINE}.evaluation", (f"{ENGINE}.reranking",)),
    *(
        Arrow(f"{ENGINE}.{room}", (f"{ENGINE}.training",))
        for room in ("data", "models", "ranking", "reranking", "evaluation")
    ),
    # The catalogue does not know the recommender.
    Arrow("movies", ("recommendations",)),
    Arrow("movies.sources", ("django.db", "movies.models", "movies.selectors", "movies.services")),
    Arrow("movies.models", ("movies.selectors", "movies.services", "movies.bulk", "movies.columns", "movies.api")),
    Arrow("movies.selectors", ("movies.services", "movies.views", "movies.api", "movies.forms", "movies.admin")),
    Arrow("movies.bulk", ("movies.services", "movies.views", "movies.api", "movies.loading")),
    Arrow("movies.columns", ("movies.services", "movies.views", "movies.api", "movies.loading")),
    # The project does not know its apps, except through settings and addresses.
    Arrow(
        "recsite", ("movies", "recommendations"), except_for=("recsite.settings", "recsite.urls", "recsite.api.urls")
    ),
    # Inside the recommender: what computes does not know what presents.
    *(
        Arrow(f"recommendations.{room}", tuple(f"recommendations.{top}" for top in TOP))
        for room in (*DOMAIN, "engine", "selectors")
    ),
    # What presents goes through selectors, services and use cases: never the engine, never raw SQL.
    *(Arrow(f"{app}.{top}", (ENGINE, "django.db.connection")) for app in ("movies", "recommendations") for top in TOP),
    # Benchmarks stand on their own.
    Arrow("benchmarks", ("tests",)),
]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def paths(*packages: str) -> list[Path]:
    found = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(source: str) -> Iterator[str]:
    """Every name that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda arrow: f"{arrow.source} -x- {arrow.never[0]}")
def test_an_arrow_holds(arrow: Arrow) -> None:
    found = {module_of(path): arrow.violations(module_of(path), path.read_text()) for path in paths(*CODE)}
    assert not {module: names for module, names in found.items() if names}


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda arrow: f"{arrow.source} -x- {arrow.never[0]}")
def test_an_arrow_would_be_seen_if_it_did_not_hold(arrow: Arrow) -> None:
    for package in arrow.never:
        for line in (f"from {package} import anything", f"import {package}"):
            assert arrow.violations(f"{arrow.source}.new_module", f"def late():\n    {line}\n"), line


def test_every_arrow_starts_where_there_is_code() -> None:
    modules = {module_of(path) for path in paths(*CODE)}
    for arrow in ARROWS:
        room = arrow.source.rpartition(".")[2]
        assert room in TOP or any(within(module, arrow.source) for module in modules), arrow


@pytest.mark.parametrize("path", paths("recommendations/engine"), ids=module_of)
def test_the_engine_knows_numbers_only(path: Path) -> None:
    allowed = {"annoy", "lightfm", "numba", "numpy", "scipy"}
    foreign = {
        name
        for name in imports(path.read_text())
        if name.split(".")[0] not in sys.stdlib_module_names | allowed and not within(name, ENGINE)
    }
    assert not foreign


def test_the_catalogue_reverses_no_address_of_the_recommender() -> None:
    files = [*paths("movies"), *sorted((ROOT / "movies").rglob("*.html"))]
    assert not [str(path) for path in files if re.search(r"""["']recommendations[:/]""", path.read_text())]


def test_no_folder_is_crowded() -> None:
    modules = Counter(path.parent for path in paths(*CODE) if path.stem != "__init__")
    assert not {str(folder): count for folder, count in modules.items() if count > MOST_MODULES}


def test_no_module_is_long() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in paths(*CODE)}
    assert not {path: length for path, length in lengths.items() if length > MOST_LINES}


def test_a_name_recurs_only_where_its_package_tells_it_apart() -> None:
    names = Counter(path.stem for path in paths(*CODE) if path.stem not in CONVENTIONAL)
    assert not {name: count for name, count in names.items() if count > MOST_NAMESAKES}
