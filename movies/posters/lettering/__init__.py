"""Titles set in outlines: letters as SVG paths, broken into lines that fill a block.

Each JSON file beside this module holds the outlines of one typeface, taken from fonts under the SIL Open
Font License (the licences lie beside them): for each character its advance and its path.
"""

import json
import unicodedata
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple


class Typeface(NamedTuple):
    """Outlines of letters, and how they are set; `leading` goes from line to line, in heights of a capital."""

    cap_height: float
    glyphs: dict[str, tuple[float, str]]
    capitals: bool

    @property
    def leading(self) -> float:
        return 1.2 if self.capitals else 1.45

    def advance(self, text: str) -> float:
        return sum(self.glyphs[c][0] for c in text)


class Block(NamedTuple):
    """A title, set: its markup, with the top of the first line's capitals at 0, and its height."""

    svg: str
    height: float


@cache
def typeface(name: str, *, capitals: bool) -> Typeface:
    data = json.loads(Path(__file__).with_name(f"{name}.json").read_text())
    return Typeface(data["cap_height"], {c: (glyph[0], glyph[1]) for c, glyph in data["glyphs"].items()}, capitals)


def face_of(year: int | None) -> Typeface:
    """Titles are set as posters of their time were: engraved, then heavy, then condensed."""
    if year and year < 1962:
        return typeface("instrument-serif", capitals=False)
    if year and year < 1989:
        return typeface("archivo-black", capitals=False)
    return typeface("league-gothic", capitals=True)


def set_title(title: str, year: int | None, *, width: float, height: float, lines: int = 6) -> Block:
    """Set a title as large as `width` and `height` (and at most so many lines) allow."""
    face = face_of(year)
    text = _known(title.upper() if face.capitals else title, face)
    if text is None:
        return _as_text(title, width)
    words = text.split() or ["?"]
    best = max((_scale(rows, face, width, height), -len(rows), rows) for rows in _breaks(words, face, lines))
    scale, _, rows = best
    step = face.cap_height * scale * face.leading
    svg = "".join(_row(row, face, scale, n * step + face.cap_height * scale) for n, row in enumerate(rows))
    return Block(svg, step * (len(rows) - 1) + face.cap_height * scale)


def _known(title: str, face: Typeface) -> str | None:
    """The title with the characters that the face has, plain letters in place of others; or None."""
    kept = "".join(
        c
        if c in face.glyphs or c.isspace()
        else "".join(d for d in unicodedata.normalize("NFKD", c) if d in face.glyphs)
        for c in title
    )
    return kept if len(kept.strip()) * 2 > len(title.strip()) else None


def _breaks(words: list[str], face: Typeface, lines: int) -> list[list[str]]:
    """For each number of lines, the words broken into lines of about the same length."""
    ways = []
    for count in range(1, min(lines, len(words)) + 1):
        widest = face.advance(" ".join(words)) / count
        for slack in (1.0, 1.15, 1.3, 1.6, 2.0):
            rows = _fill(words, face, widest * slack)
            if len(rows) <= count:
                ways.append(rows)
                break
    return ways or [[" ".join(words)]]


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
    """A title in letters that we have no outlines for, in the reader's own font."""
    shown = "".join(c for c in title if c.isprintable())[:60]
    size = min(44.0, width / max(1, len(shown)) * 1.6)
    font = f'font-family="sans-serif" font-weight="700" font-size="{size:.1f}"'
    return Block(f'<text y="{size:.1f}" {font}>{escape(shown)}</text>', size)
