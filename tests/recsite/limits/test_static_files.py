"""Stylesheets are served without what only people read."""

from recsite.operations.static_files import minified


def test_a_stylesheet_keeps_its_rules() -> None:
    css = "/* Colours */\n\na:not(.b) :hover,\nli > .icon {\n  margin: 0 1rem; /* wide */\n  color: red;\n}\n"
    assert minified(css) == "a:not(.b) :hover,li > .icon{margin: 0 1rem;color: red}"
