"""Deterministic SVG covers for movies without a poster, drawn from title, year and genres.

A cover is a panel of flat shapes chosen by the genres, and a title block in a typeface chosen by the year. Titles are
converted to outlines (`lettering`), so a cover looks the same everywhere and no title can break out of the markup.
"""

from collections.abc import Sequence

from movies.posters.lettering import Block, set_title
from movies.posters.motifs import motif_for
from movies.posters.palettes import palette_for
from movies.posters.seeded_random import Dice

WIDTH, HEIGHT = 400, 600
MARGIN = 28
CREDIT_HEIGHT = 24


def draw(title: str, year: int | None, genres: Sequence[str]) -> str:
    """Return the cover of a movie as an SVG document with an aspect ratio of 2 to 3."""
    dice = Dice(f"{title}\0{year}")
    palette = palette_for(genres, dice)
    block = set_title(title, year, width=WIDTH - 2 * MARGIN, height=HEIGHT * 0.46)
    text_height = round(block.height + CREDIT_HEIGHT + 2.4 * MARGIN)
    title_on_top = dice.roll(3) == 0
    art_height = round(HEIGHT - text_height)
    art = "".join(motif_for(genres, dice)(dice, palette, WIDTH, art_height))
    art_top, text_top = (text_height, 0) if title_on_top else (0, art_height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<clipPath id="art"><path d="M0 0h{WIDTH}v{art_height}H0z"/></clipPath>'
        f'<path fill="{palette.ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f'<g transform="translate(0 {art_top})"><g clip-path="url(#art)">{art}</g></g>'
        f'<g fill="{palette.ink}" transform="translate({MARGIN} {text_top + MARGIN})">'
        f"{block.svg}{_credit(year, genres, block)}</g></svg>"
    )


def _credit(year: int | None, genres: Sequence[str], block: Block) -> str:
    """Return the line under the title: the year and the first two genres."""
    words = " · ".join([str(year)] * bool(year) + list(genres[:2]))
    line = set_title(words, None, width=WIDTH - 2 * MARGIN, height=18, lines=1)
    return f'<g opacity=".72" transform="translate(0 {block.height + 16:.1f})">{line.svg}</g>'
