"""Who may know whom (the arrows of the architecture)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import ROOT

ENGINE_MAY_IMPORT = {"annoy", "lightfm", "numba", "numpy", "scipy", "recommendations.engine"}
THIN = ("views", "api", "admin", "tasks", "serializers", "forms", "management", "templatetags")


def modules(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def identify(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules("recommendations/engine"), ids=identify)
def test_the_engine_knows_numbers_only(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not within(name, ENGINE_MAY_IMPORT)
    }
    assert not foreign


@pytest.mark.parametrize("path", modules("movies"), ids=identify)
def test_the_catalogue_does_not_know_the_recommender(path: Path) -> None:
    assert not [name for name in imports(path) if within(name, {"recommendations"})]


@pytest.mark.parametrize(
    "path", [path for path in modules("movies") if path.stem.startswith(("movielens", "titles"))], ids=identify
)
def test_the_readers_do_not_know_django(path: Path) -> None:
    assert not [name for name in imports(path) if within(name, {"django", "movies.models"})]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in modules("movies") + modules("recommendations")
        if any(part.removesuffix(".py") in THIN for part in path.parts)
    ],
    ids=identify,
)
def test_thin_layers_go_through_services_and_selectors(path: Path) -> None:
    names = set(imports(path))
    assert not [name for name in names if within(name, {"recommendations.engine", "django.db.connection"})]
