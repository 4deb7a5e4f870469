"""Escaping of CSV cells that a spreadsheet would evaluate as formulas."""

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a spreadsheet may take for the start of a formula, also in full width, as East Asian keyboards type it."""
IGNORED = "' "
"""Characters before it that do not change this: spaces, which some programs trim, and apostrophes of an escaping."""


def escape_formula(text: str) -> str:
    """Prefix text that may be a formula with an apostrophe."""
    return f"'{text}" if text.lstrip(IGNORED).startswith(FORMULA) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`."""
    return text[1:] if text.startswith("'") and text.lstrip(IGNORED).startswith(FORMULA) else text
