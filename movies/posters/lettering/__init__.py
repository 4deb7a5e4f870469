"""Typesetting of titles as SVG outlines, broken into lines that fill a block.

Each JSON file beside this module holds the outlines of one typeface, taken from a font under the SIL Open Font License
(see the licence files beside it): an advance and a path per character.
"""

import json
import unicodedata
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple


class Typeface(NamedTuple):
    """Outlines of letters, and how they are set; `leading` is the line spacing in cap heights."""

    cap_height: float
    glyphs: dict[str, tuple[float, str]]
    capitals: bool

    @property
    def leading(self) -> float:
        return 1.2 if self.capitals else 1.45

    def advance(self, text: str) -> float:
        return sum(self.glyphs[c][0] for c in text)


class Block(NamedTuple):
    """A typeset title: its markup, with the top of the first line's capitals at 0, and its height."""

    svg: str
    height: float


@cache
def typeface(name: str, *, capitals: bool) -> Typeface:
    data = json.loads(Path(__file__).with_name(f"{name}.json").read_text())
    return Typeface(data["cap_height"], {c: (glyph[0], glyph[1]) for c, glyph in data["glyphs"].items()}, capitals)


def face_of(year: int | None) -> Typeface:
    """Return the typeface of a title, in the style of posters of its time: engraved, heavy, or condensed."""
    if year and year < 1962:
        return typeface("instrument-serif", capitals=False)
    if year and year < 1989:
        return typeface("archivo-black", capitals=False)
    return typeface("league-gothic", capitals=True)


def set_title(title: str, year: int | None, *, width: float, height: float, lines: int = 6) -> Block:
    """Set a title as large as `width`, `height` and the maximum number of lines allow."""
    face = face_of(year)
    text = _available(title.upper() if face.capitals else title, face)
    if text is None:
        return _as_text(title, width)
    words = text.split() or ["?"]
    best = max((_scale(rows, face, width, height), -len(rows), rows) for rows in _breaks(words, face, lines))
    scale, _, rows = best
    step = face.cap_height * scale * face.leading
    svg = "".join(_row(row, face, scale, n * step + face.cap_height * scale) for n, row in enumerate(rows))
    return Block(svg, step * (len(rows) - 1) + face.cap_height * scale)


def _available(title: str, face: Typeface) -> str | None:
    """Replace characters that the typeface lacks by plain letters; return None if half of the title is lost."""
    text = "".join(
        c
        if c in face.glyphs or c.isspace()
        else "".join(d for d in unicodedata.normalize("NFKD", c) if d in face.glyphs)
        for c in title
    )
    return text if len(text.strip()) * 2 > len(title.strip()) else None


def _breaks(words: list[str], face: Typeface, lines: int) -> list[list[str]]:
    """Return, for each number of lines, the words broken into lines of about the same length."""
    candidates = []
    for count in range(1, min(lines, len(words)) + 1):
        widest = face.advance(" ".join(words)) / count
        for slack in (1.0, 1.15, 1.3, 1.6, 2.0):
            rows = _fill(words, face, widest * slack)
            if len(rows) <= count:
                candidates.append(rows)
                break
    return candidates or [[" ".join(words)]]


def _fill(words: list[str], face: Typeface, width: float) -> list[str]:
    rows = [words[0]]
    for word in words[1:]:
        longer = f"{rows[-1]} {word}"
        if face.advance(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _scale(rows: list[str], face: Typeface, width: float, height: float) -> float:
    high = face.cap_height * (1 + face.leading * (len(rows) - 1))
    return min(width / max(face.advance(row) for row in rows), height / high, 110 / face.cap_height)


def _row(row: str, face: Typeface, scale: float, baseline: float) -> str:
    paths, x = [], 0.0
    for character in row:
        advance, path = face.glyphs[character]
        if path:
            paths.append(f'<path transform="translate({x:g})" d="{path}"/>')
        x += advance
    return f'<g transform="translate(0 {baseline:.1f})scale({scale:.4f})">{"".join(paths)}</g>'


def _as_text(title: str, width: float) -> Block:
    """Set a title that the typefaces lack letters for as text, in the viewer's own font."""
    shown = "".join(c for c in title if c.isprintable())[:60]
    size = min(44.0, width / max(1, len(shown)) * 1.6)
    font = f'font-family="sans-serif" font-weight="700" font-size="{size:.1f}"'
    return Block(f'<text y="{size:.1f}" {font}>{escape(shown)}</text>', size)
