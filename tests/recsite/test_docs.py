"""What an operator can set or type is in the README."""

import re

import pytest

from tests.support.environment import ROOT

README = (ROOT / "README.md").read_text()
VARIABLES = re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (ROOT / "recsite" / "settings" / "base.py").read_text())
COMMANDS = [path.stem for path in sorted(ROOT.glob("*/management/commands/[a-z]*.py"))]
TARGETS = re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("variable", sorted(set(VARIABLES)))
def test_a_setting_is_documented(variable: str) -> None:
    assert f"`{variable}`" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    assert f"manage.py {command}" in README


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_is_documented(target: str) -> None:
    assert f"make {target}" in README
