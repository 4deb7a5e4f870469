"""Colour palettes of covers: a few inks that go together, as a printer would choose them."""

from collections.abc import Sequence
from typing import NamedTuple

from movies.posters.seeded_random import Dice


class Palette(NamedTuple):
    """Colours of a cover: the title in `ink` on `ground`, which contrast strongly, and three for the shapes."""

    ground: str
    ink: str
    first: str
    second: str
    third: str


NIGHT = Palette("#10141f", "#f3ead7", "#e4572e", "#2e4374", "#f0b67f")
BLOOD = Palette("#17090b", "#f6e9dc", "#c1121f", "#5a0a14", "#e8c9a0")
SMOKE = Palette("#1c1c1c", "#f2efe6", "#8d8a80", "#3a3a38", "#e0b422")
DEEP = Palette("#06202b", "#eef4e8", "#16a3a3", "#0d4a5c", "#f2c14e")
COSMOS = Palette("#130f2b", "#f1ecff", "#7a5cff", "#2f2568", "#ff8fa3")
SAND = Palette("#f1e3c6", "#3a1f12", "#c8553d", "#e09f3e", "#7d3a26")
CREAM = Palette("#f6efe0", "#1d2b3a", "#e4572e", "#f3a712", "#29648a")
ROSE = Palette("#f8dfd8", "#4a1226", "#d1495b", "#f2a39b", "#8e2b45")
MINT = Palette("#dcefe3", "#123528", "#2a9d6f", "#f4a259", "#8cc9a6")
SKY = Palette("#d9ecf7", "#0f2c45", "#1e83c7", "#f6bd2b", "#8fc1e0")
SUN = Palette("#f7c948", "#23180a", "#e3502b", "#fff3c9", "#2b5d8a")
BRICK = Palette("#b5331f", "#fff0dc", "#e9a23b", "#6f1810", "#f4d6a8")
FOREST = Palette("#14281d", "#f0ead2", "#6a994e", "#264f36", "#dda15e")
PLUM = Palette("#2d1231", "#fbe9ef", "#c0457f", "#5b2460", "#f2a65a")
PAPER = Palette("#e9e4d8", "#1b1b1b", "#1b1b1b", "#b9b19d", "#c8102e")
COBALT = Palette("#12358f", "#f5f1e3", "#f25c3b", "#0b215c", "#f7c548")
ACID = Palette("#111310", "#f3fbe4", "#c6ee3b", "#38461f", "#f1f1ea")
LILAC = Palette("#dcd5f2", "#241a4d", "#6b4de6", "#b8a8f0", "#ff7a59")
AQUA = Palette("#cdece8", "#083c40", "#0a8f94", "#ffb84d", "#64c6bf")
RUST = Palette("#371410", "#ffe8d2", "#f26b38", "#7a2a1d", "#f7c59f")
STEEL = Palette("#24313d", "#eaf2f7", "#5fa8d3", "#3e5669", "#ffd166")

_BY_GENRE: dict[str, tuple[Palette, ...]] = {
    "Horror": (BLOOD, SMOKE, NIGHT, FOREST),
    "Film-Noir": (SMOKE, PAPER, NIGHT),
    "Western": (SAND, BRICK, SUN),
    "Sci-Fi": (COSMOS, DEEP, STEEL, COBALT, LILAC, ACID, NIGHT, AQUA),
    "Animation": (SUN, SKY, MINT, COBALT, CREAM, AQUA, LILAC),
    "Children": (SUN, SKY, MINT, CREAM),
    "Musical": (PLUM, SUN, ROSE, COBALT),
    "Documentary": (PAPER, CREAM, DEEP),
    "War": (FOREST, SMOKE, SAND, BRICK),
    "Fantasy": (FOREST, PLUM, DEEP, COSMOS),
    "Mystery": (DEEP, PLUM, STEEL, NIGHT, LILAC),
    "Crime": (SMOKE, NIGHT, BRICK, PAPER, RUST, STEEL),
    "Thriller": (NIGHT, SMOKE, STEEL, BLOOD, PAPER, RUST, ACID),
    "Adventure": (SAND, DEEP, SUN, FOREST, AQUA, RUST),
    "Action": (BRICK, RUST, SUN, COBALT, SMOKE, STEEL),
    "Romance": (ROSE, PLUM, CREAM, MINT),
    "Comedy": (CREAM, SUN, MINT, SKY, ROSE, COBALT, AQUA, LILAC),
    "Drama": (CREAM, DEEP, SAND, PLUM, ROSE, FOREST, STEEL, PAPER, RUST, AQUA),
}
_ANY = (NIGHT, CREAM, DEEP, SAND, PLUM, COBALT)


def palette_for(genres: Sequence[str], dice: Dice) -> Palette:
    """Pick a palette for the most distinctive genre, which is the first one in the table."""
    distinctive = next((genre for genre in _BY_GENRE if genre in genres), None)
    return dice.pick(_BY_GENRE[distinctive] if distinctive else _ANY)
