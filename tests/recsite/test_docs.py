"""The documents agree with the code: settings, commands, targets, modules, links, terms and figures."""

import argparse
import ast
import importlib
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from benchmarks.support.quality_report import BEYOND, COLUMNS, TITLES, introduction, table_header
from tests.support.environment import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OWN_PACKAGES = ("benchmarks", "movies", "recommendations", "recsite", "tests")
TEXT = {path: path.read_text() for path in DOCUMENTS}
README, COMMANDS_PAGE, CONFIGURATION, GLOSSARY, ARCHITECTURE, QUALITY = (
    TEXT[ROOT / name]
    for name in (
        "README.md",
        "docs/commands.md",
        "docs/configuration.md",
        "docs/glossary.md",
        "docs/architecture.md",
        "docs/quality.md",
    )
)
SETTINGS = (ROOT / "recsite" / "settings" / "base.py").read_text()
GUNICORN = (ROOT / "gunicorn.conf.py").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

VARIABLES = re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS)
PROCESS_VARIABLES = re.findall(r'\bos\.environ(?:\.\w+\(|\[)\s*"([A-Z_]+)"', GUNICORN)
COMMANDS = [path.stem for path in sorted(ROOT.glob("*/management/commands/[a-z]*.py"))]
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
ELSEWHERE = {"setup.py"}
"""Files of other projects that documents name."""
AT_RUN_TIME = ("var", "secrets", ".venv")
"""Folders that a checkout does not have."""
LONGEST_PATH = 10


def identify(path: Path) -> str:
    return str(path.relative_to(ROOT))


every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=identify)


def code_spans(text: str) -> set[str]:
    """The back-ticked texts outside code blocks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)))


# Settings, commands and targets


@pytest.mark.parametrize("variable", sorted({*VARIABLES, *PROCESS_VARIABLES}))
def test_a_setting_is_documented(variable: str) -> None:
    assert f"`{variable}`" in CONFIGURATION


@pytest.mark.parametrize("variable", re.findall(r"^\| `([A-Z_]+)` \|", CONFIGURATION, re.MULTILINE))
def test_a_documented_setting_exists_and_is_documented_once(variable: str) -> None:
    assert variable in {*VARIABLES, *PROCESS_VARIABLES}
    assert CONFIGURATION.count(f"\n| `{variable}` |") == 1


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_a_make_target_is_documented(target: str) -> None:
    assert f"`make {target}`" in COMMANDS_PAGE


@cache
def options_of(command: str) -> dict[str, argparse.Action]:
    """The options that a command adds to Django's own, by each of their names."""
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    common = BaseCommand().create_parser("manage.py", "none")._option_string_actions
    return {name: action for name, action in parser._option_string_actions.items() if name not in common}


def section_of(command: str) -> str:
    found = re.search(rf"^### `manage\.py {command}\b.*?(?=^##|\Z)", COMMANDS_PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/commands.md has no section about {command}"
    return found[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_with_its_options(command: str) -> None:
    rows = "\n".join(re.findall(r"^\| (`-.*?) \|", section_of(command), re.MULTILINE))
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", rows)) == set(options_of(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_choices_of_an_option_are_documented(command: str) -> None:
    choices = {str(choice) for action in options_of(command).values() for choice in action.choices or ()}
    assert not [choice for choice in choices if choice not in COMMANDS_PAGE]


@every_document
def test_commands_that_a_document_names_exist(path: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXT[path]))
    assert named <= set(get_commands())


@every_document
def test_options_that_a_document_names_exist(path: Path) -> None:
    for span in code_spans(TEXT[path]):
        match = re.match(r"(?:manage\.py )?([a-z_]+) .*--", span)
        if match and match[1] in COMMANDS:
            assert set(re.findall(r"(?<=\s)--[a-z-]+", span)) <= set(options_of(match[1])), span


# Files, modules and names


def is_repository_path(span: str) -> bool:
    top, slash, _ = span.partition("/")
    inside = (ROOT / top).is_dir() or span.endswith(".py")
    return bool(slash) and top not in AT_RUN_TIME and inside and bool(re.fullmatch(r"[\w.][\w.*/-]+", span))


@every_document
def test_paths_that_a_document_names_exist(path: Path) -> None:
    named = {span for span in code_spans(TEXT[path]) if is_repository_path(span)}
    assert not [span for span in named if not any(ROOT.glob(span.rstrip("/")))]


@every_document
def test_python_files_that_a_document_names_exist(path: Path) -> None:
    named = {span for span in code_spans(TEXT[path]) if re.fullmatch(r"[\w.]+\.py", span)} - ELSEWHERE
    known = {file.name for package in OWN_PACKAGES for file in (ROOT / package).rglob("*.py")}
    assert named <= known | {file.name for file in ROOT.glob("*.py")}


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, something in one, or a model by its app's label."""
    parts = name.split(".")
    if len(parts) == 2 and (parts[0], parts[1].lower()) in {
        (model._meta.app_label, model._meta.model_name) for model in apps.get_models()
    }:
        return True
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            continue
        if found:
            value: object = importlib.import_module(module) if end < len(parts) else None
            for attribute in parts[end:]:
                if not hasattr(value, attribute):
                    return False
                value = getattr(value, attribute)
            return True
    return False


@every_document
def test_modules_that_a_document_names_exist(path: Path) -> None:
    dotted = rf"(?:{'|'.join(OWN_PACKAGES)})(?:\.\w+)+"
    named = {span.removesuffix("()") for span in code_spans(TEXT[path])}
    modules = {name for name in named if re.fullmatch(dotted, name)} | set(re.findall(rf"-m ({dotted})", TEXT[path]))
    assert not [name for name in modules if not resolves(name)]


def names_in(path: Path) -> set[str]:
    """The names that a module, or the modules of a folder, define at any level."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    names: set[str] = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text()))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


@every_document
def test_names_that_a_document_places_in_a_module_are_there(path: Path) -> None:
    """Both “`Name` in `path.py`” and “`path.py`: `name`, `Class.method`”."""
    text = re.sub(r"\s+", " ", TEXT[path])
    placed = {(name, place) for name, place in re.findall(r"`(\w+)` in `([\w/.]+)`", text) if is_repository_path(place)}
    for place, name in re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", text):
        placed |= {(part, place) for part in name.split(".")}
    assert not [(name, place) for name, place in placed if name not in names_in(ROOT / place)]


# Links


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_internal_links_resolve(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT[path]):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), target


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        links = [(path.parent / name).resolve() for name in re.findall(r"\]\(([^)\s#]+\.md)", TEXT[path])]
        waiting += [link for link in links if link in TEXT and link not in reached]
    assert set(DOCUMENTS) == reached


# What single documents promise


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 100


def test_figures_of_the_readme_are_those_of_the_report() -> None:
    figures = re.findall(r"\b0\.\d{4}\b", README)
    assert figures
    assert set(figures) <= set(re.findall(r"\b0\.\d{4}\b", QUALITY))


def test_the_glossary_is_alphabetical_and_defines_each_term_once() -> None:
    _, _, *entries = GLOSSARY.split("\n\n")
    matches = [re.match(r"\*\*(.+?)\*\*: [A-Z1]", entry) for entry in entries]
    assert None not in matches
    terms = [match[1].casefold() for match in matches if match]
    assert terms == sorted(set(terms))


def path_of(subject: str) -> list[str]:
    """The modules of one of the paths that docs/architecture.md lists."""
    section = re.search(rf"^## The path of {subject}\n.*?(?=^## |\Z)", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    assert section
    return re.findall(r"^\d+\. `([\w/.]+)`", section[0], re.MULTILINE)


def test_a_rating_passes_few_modules_and_none_twice() -> None:
    modules = path_of("a rating")
    assert 1 < len(modules) <= LONGEST_PATH
    assert len(set(modules)) == len(modules)


@pytest.mark.parametrize("subject", ["a rating", "a CSV line", "a vector", "a retraining"])
def test_the_paths_list_modules(subject: str) -> None:
    modules = path_of(subject)
    assert modules
    assert not [module for module in modules if not (ROOT / module).is_file()]


def test_the_quality_report_is_what_its_generator_writes() -> None:
    names = re.findall(r"^## (.+)$", QUALITY, re.MULTILINE)
    python = re.search(r"on Python ([\d.]+) with", QUALITY)
    assert python
    assert QUALITY.startswith(introduction(names, python[1]))
    assert set(re.findall(r"^### (.+)$", QUALITY, re.MULTILINE)) == set(TITLES.values())
    assert set(re.findall(r"^\| model \|.*$", QUALITY, re.MULTILINE)) == {table_header([*COLUMNS, *BEYOND])}
