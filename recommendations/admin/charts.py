"""Lay out line and bar charts as SVG shapes for a template."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 180
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 26
BAR_LEFT = 120
BAR_HEIGHT, BAR_GAP = 16, 8
COLOURS = 5
"""Number of series colours in `admin.css`."""


@dataclass(frozen=True)
class Series:
    """A named line with a value for each step, None if unknown."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class PlottedLine:
    name: str
    colour: int
    points: str
    dots: list[Dot]


@dataclass(frozen=True)
class LineChart:
    """Lines over labelled steps."""

    title: str
    lines: list[PlottedLine]
    heights: list[Tick]
    steps: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def line_chart(title: str, labels: Sequence[str], series: Sequence[Series], digits: int = 3) -> LineChart | None:
    """Return a chart of the series; None if no value is known."""
    known = [value for line in series for value in line.values if value is not None]
    if not known:
        return None
    low, high = min(0.0, *known), max(0.0, *known)
    span = (high - low) or 1.0

    def x(step: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (step / max(1, len(labels) - 1) if len(labels) > 1 else 0.5), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / span, 1)

    lines = []
    for colour, line in enumerate(series):
        dots = [
            Dot(x(step), y(value), f"{line.name}, {labels[step]}: {value:.{digits}f}")
            for step, value in enumerate(line.values)
            if value is not None
        ]
        points = " ".join(f"{dot.x},{dot.y}" for dot in dots)
        lines.append(PlottedLine(line.name, colour % COLOURS, points, dots))
    heights = [Tick(y(value), f"{value:.{digits}f}") for value in (low, low + span / 2, high)]
    ends = sorted({0, len(labels) - 1})
    return LineChart(title, lines, heights, [Tick(x(step), labels[step]) for step in ends])


@dataclass(frozen=True)
class Bar:
    label: str
    y: float
    width: float
    text: str
    colour: int
    low: float | None = None
    high: float | None = None

    @property
    def middle(self) -> float:
        return self.y + BAR_HEIGHT / 2

    @property
    def end(self) -> float:
        return BAR_LEFT + max(self.width, (self.high or 0.0) - BAR_LEFT) + 4


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars, each with its value as text and, if known, its interval."""

    title: str
    bars: list[Bar]
    width: int = WIDTH
    left: int = BAR_LEFT
    thickness: int = BAR_HEIGHT

    @property
    def height(self) -> int:
        return TOP + len(self.bars) * (BAR_HEIGHT + BAR_GAP)


@dataclass(frozen=True)
class Amount:
    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


def bar_chart(title: str, amounts: Sequence[Amount]) -> BarChart | None:
    """Return a chart with a bar for each amount, none of which may be negative; None without amounts."""
    if not amounts:
        return None
    largest = max(max(amount.value, amount.high or 0.0) for amount in amounts) or 1.0
    width = WIDTH - BAR_LEFT - 78

    def x(value: float | None) -> float | None:
        return None if value is None else round(BAR_LEFT + width * value / largest, 1)

    bars = [
        Bar(
            amount.label,
            TOP + row * (BAR_HEIGHT + BAR_GAP),
            round(width * amount.value / largest, 1),
            amount.text,
            row % COLOURS,
            x(amount.low),
            x(amount.high),
        )
        for row, amount in enumerate(amounts)
    ]
    return BarChart(title, bars)
