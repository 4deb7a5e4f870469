"""Escaping of CSV cells that a spreadsheet would evaluate as formulas."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(text: str) -> str:
    """Prefix text that may be a formula with an apostrophe."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text
