"""Motifs of covers: each fills a panel with flat shapes, as a list of SVG elements."""

from collections.abc import Callable, Sequence
from math import cos, pi, sin

from movies.posters.palettes import Palette
from movies.posters.seeded_random import Dice

Motif = Callable[[Dice, Palette, float, float], list[str]]


def circle(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}"/>'


def ring(x: float, y: float, radius: float, stroke: str, width: float) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" stroke="{stroke}" stroke-width="{width:.1f}"/>'
    )


def rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<path fill="{fill}" d="M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h{-width:.1f}z"/>'


def polygon(points: Sequence[tuple[float, float]], fill: str) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path fill="{fill}" d="M{path}z"/>'


def orbits(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A planet and the paths around it."""
    x, y = width * dice.between(0.25, 0.75), height * dice.between(0.4, 0.7)
    planet = min(width, height) * dice.between(0.16, 0.26)
    shapes = [rectangle(0, 0, width, height, palette.second)]
    for step in range(6, 0, -1):
        shapes.append(ring(x, y, planet + step * 42, palette.first, 1.5 + 9 / step))
        angle = dice.between(0, 2 * pi)
        far = planet + step * 42
        shapes.append(circle(x + far * cos(angle), y + far * sin(angle), dice.between(4, 13), palette.third))
    return [
        *shapes,
        circle(x, y, planet, palette.third),
        circle(x + planet * 0.3, y - planet * 0.2, planet * 0.72, palette.first),
    ]


def shards(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """Splinters that hang from above over a pale disc."""
    shapes = [
        rectangle(0, 0, width, height, palette.second),
        circle(width * dice.between(0.3, 0.7), height * 0.6, height * 0.3, palette.third),
    ]
    count = 5 + dice.roll(4)
    step = width / count
    for n in range(count):
        tip = height * dice.between(0.35, 0.98)
        fill = palette.first if n % 2 else palette.ground
        shapes.append(polygon([(n * step - 8, 0), ((n + 1) * step + 8, 0), ((n + 0.5) * step, tip)], fill))
    return shapes


def blinds(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """Light through a blind, and a moon behind it."""
    shapes = [rectangle(0, 0, width, height, palette.second)]
    shapes.append(circle(width * dice.between(0.3, 0.7), height * 0.48, height * 0.36, palette.third))
    slats = 7 + dice.roll(5)
    step = height / slats
    slant = dice.between(-40, 40)
    for n in range(-1, slats + 1):
        y = n * step
        shapes.append(
            polygon(
                [(0, y), (width, y + slant), (width, y + slant + step * 0.46), (0, y + step * 0.46)], palette.ground
            )
        )
    return shapes


def sunset(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A low sun, cut by the haze, over flat land."""
    horizon = height * 0.8
    radius = width * dice.between(0.28, 0.4)
    x = width * dice.between(0.35, 0.65)
    shapes = [rectangle(0, 0, width, height, palette.second), circle(x, horizon - radius * 0.5, radius, palette.first)]
    shapes += [
        rectangle(0, horizon - radius * 0.1 * (n + 1) ** 1.35, width, 3.5 + (5 - n) * 1.1, palette.second)
        for n in range(5)
    ]
    mesa = width * dice.between(0.1, 0.6)
    shapes.append(rectangle(0, horizon, width, height, palette.third))
    shapes.append(
        polygon(
            [(mesa, horizon), (mesa + 22, horizon - 54), (mesa + 96, horizon - 54), (mesa + 124, horizon)],
            palette.third,
        )
    )
    return shapes


def tiles(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A floor of quarter and half circles."""
    side = width / (3 + dice.roll(2))
    colours = (palette.first, palette.second, palette.third, palette.ink)
    shapes = []
    for row in range(int(height / side) + 1):
        for column in range(round(width / side)):
            x, y = column * side, row * side
            back = dice.pick(colours[:3])
            front = dice.pick([colour for colour in colours if colour != back])
            shapes.append(rectangle(x, y, side + 0.5, side + 0.5, back))
            shapes.append(_tile(dice.roll(6), x, y, side, front))
    return shapes


def _tile(kind: int, x: float, y: float, side: float, fill: str) -> str:
    if kind == 5:
        return circle(x + side / 2, y + side / 2, side * 0.36, fill)
    if kind == 4:
        return f'<path fill="{fill}" d="M{x:.1f} {y:.1f}a{side / 2:.1f} {side / 2:.1f} 0 0 0 {side:.1f} 0z"/>'
    corners = (
        (x, y, side, side),
        (x + side, y, -side, side),
        (x + side, y + side, -side, -side),
        (x, y + side, side, -side),
    )
    x, y, right, down = corners[kind]
    sweep = 1 if right * down > 0 else 0
    return (
        f'<path fill="{fill}" d="M{x:.1f} {y:.1f}h{right:.1f}'
        f'a{side:.1f} {side:.1f} 0 0 {sweep} {-right:.1f} {down:.1f}z"/>'
    )


def bars(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """The rise and fall of a song."""
    count = 9 + 2 * dice.roll(3)
    step = width / count
    shapes = [rectangle(0, 0, width, height, palette.second)]
    for n in range(count):
        high = height * dice.between(0.18, 0.86)
        fill = (palette.first, palette.third, palette.ink)[dice.roll(3)]
        shapes.append(rectangle(n * step + step * 0.16, height - high, step * 0.68, high, fill))
    return shapes


def dots(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A raster whose dots swell around one point, as in a printed photograph."""
    x, y = width * dice.between(0.25, 0.75), height * dice.between(0.3, 0.7)
    step = width / 14
    shapes = []
    for row in range(int(height / step) + 1):
        for column in range(14):
            left, top = (column + 0.5) * step, (row + 0.5) * step
            near = max(0.0, 1 - ((left - x) ** 2 + (top - y) ** 2) ** 0.5 / (width * 0.62))
            shapes.append(circle(left, top, 1.6 + near * step * 0.52, palette.first))
    return [*shapes, circle(x, y, step * 1.5, palette.third)]


def rays(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A burst of light from one point."""
    x, y = width * dice.between(0.2, 0.8), height * dice.between(0.55, 1.0)
    count = 12 + 2 * dice.roll(5)
    reach = width + height
    turn = dice.between(0, pi)
    shapes = [rectangle(0, 0, width, height, palette.first)]
    for n in range(count):
        start, end = turn + 2 * pi * n / count, turn + 2 * pi * (n + 0.5) / count
        corners = [
            (x, y),
            (x + reach * cos(start), y + reach * sin(start)),
            (x + reach * cos(end), y + reach * sin(end)),
        ]
        shapes.append(polygon(corners, palette.second))
    return [*shapes, circle(x, y, width * 0.17, palette.third), circle(x, y, width * 0.09, palette.ink)]


def mountains(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """Ridge behind ridge, and a moon."""
    shapes = [
        rectangle(0, 0, width, height, palette.second),
        circle(width * dice.between(0.2, 0.8), height * dice.between(0.2, 0.36), width * 0.13, palette.third),
    ]
    for layer, fill in enumerate((palette.first, palette.third, palette.ground)):
        base = height * (0.46 + 0.2 * layer)
        points = [(0.0, height), (0.0, base)]
        points += [
            (width * n / 5, base + (height * 0.17 if n % 2 else -height * 0.1) * dice.between(0.4, 1))
            for n in range(1, 6)
        ]
        shapes.append(polygon([*points, (width, height)], fill))
    return shapes


def pair(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """Two discs that meet."""
    radius = min(width * 0.32, height * 0.4)
    y = height * 0.52
    shift = radius * dice.between(0.42, 0.72)
    lean = height * dice.between(-0.08, 0.08)
    x = width / 2
    return [
        rectangle(0, 0, width, height, palette.second),
        circle(x - shift, y - lean, radius, palette.first),
        circle(x + shift, y + lean, radius, palette.third),
        f'<g opacity=".55">{circle(x, y, radius * 0.42, palette.ink)}</g>',
    ]


def doors(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A door within a door within a door."""
    shapes = [rectangle(0, 0, width, height, palette.second)]
    x = width * dice.between(0.38, 0.62)
    for n, fill in enumerate((palette.ground, palette.first, palette.ground, palette.third)):
        wide, high = width * (0.62 - 0.16 * n), height * (0.9 - 0.2 * n)
        shapes.append(rectangle(x - wide / 2, height - high, wide, high, fill))
    narrow = width * 0.07
    shapes.append(polygon([(x - narrow, height), (x + narrow, height), (x, height * 0.72)], palette.ink))
    return shapes


def stripes(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """A road of diagonal stripes, and a disc that runs along it."""
    count = 6 + dice.roll(4)
    band = (width + height) / count
    way = dice.pick((1, -1))
    shapes = [rectangle(0, 0, width, height, palette.second)]
    for n in range(0, count, 2):
        left = n * band - height if way > 0 else n * band
        shapes.append(
            polygon(
                [(left, 0), (left + band, 0), (left + band + way * height, height), (left + way * height, height)],
                (palette.first, palette.third)[n // 2 % 2],
            )
        )
    shapes.append(
        circle(width * dice.between(0.25, 0.75), height * dice.between(0.35, 0.65), width * 0.19, palette.ink)
    )
    return shapes


def arcs(dice: Dice, palette: Palette, width: float, height: float) -> list[str]:
    """Rainbows of rings that rise from an edge."""
    x = dice.pick((0.0, width / 2, width))
    y = dice.pick((height, height, 0.0))
    step = max(width, height) / 9
    colours = (palette.first, palette.second, palette.third, palette.ground)
    return [
        rectangle(0, 0, width, height, palette.second),
        *(circle(x, y, n * step, colours[n % 4]) for n in range(8, 0, -1)),
    ]


_BY_GENRE: dict[str, tuple[Motif, ...]] = {
    "Horror": (shards, doors, blinds),
    "Film-Noir": (blinds, doors),
    "Western": (sunset,),
    "Sci-Fi": (orbits, arcs, dots),
    "Animation": (tiles, arcs),
    "Children": (tiles, arcs, mountains),
    "Musical": (bars, rays),
    "Documentary": (dots, bars),
    "War": (rays, stripes, sunset),
    "Fantasy": (mountains, orbits, doors),
    "Mystery": (doors, blinds, dots),
    "Adventure": (mountains, sunset, rays),
    "Crime": (blinds, stripes, doors),
    "Thriller": (shards, stripes, dots),
    "Action": (rays, stripes),
    "Romance": (pair, arcs),
    "Comedy": (tiles, arcs, bars, rays),
    "Drama": (pair, mountains, arcs, dots, sunset, doors),
}
_ANY: tuple[Motif, ...] = (pair, arcs, dots, tiles)


def motif_for(genres: Sequence[str], dice: Dice) -> Motif:
    """Pick a motif for the most distinctive genre, which is the first one in the table."""
    distinctive = next((genre for genre in _BY_GENRE if genre in genres), None)
    return dice.pick(_BY_GENRE[distinctive] if distinctive else _ANY)
