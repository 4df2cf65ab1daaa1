"""Chart: what was measured as bars, the goal of each as a mark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.ratios import GOALS
from benchmarks.workloads import GOALS as FLOOR_GOALS

WIDTH: Final = 720
LEFT: Final = 190
LINE: Final = 22
ROOM: Final = 60
COLORS: Final = {"stock": "#3b6fb6", "SQLite": "#3b8f6b", "PostgreSQL": "#7a5fb0"}
STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}"
    ".goal{stroke:#1f2328;stroke-width:2}"
)


@dataclass(frozen=True)
class Bar:
    """One bar: how long it is, and how long it was meant to be."""

    label: str
    value: float
    goal: float
    color: str
    digits: int


def chart(found: dict[str, Any]) -> str:
    """The chart as SVG."""
    faster = [Bar(name, value, GOALS[name][0], COLORS["stock"], 1) for name, value in found["stock"].items()]
    costs = [
        Bar(f"{name}, {title}", values[kind], FLOOR_GOALS[name], COLORS[title], 2)
        for name, values in found["floor"].items()
        for kind, title in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
    ]
    groups = [
        ("Times faster than stock Strawberry; longer is better, the mark is the goal", faster),
        ("CPU a request over the floor's; shorter is better, the mark is the most it should be", costs),
    ]
    parts: list[str] = []
    top = 0
    for title, bars in groups:
        parts += drawn(title, bars, top)
        top += LINE * (len(bars) + 2)
    background = f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">'
    return "\n".join([opening, f"<style>{STYLE}</style>", background, *parts, "</svg>"]) + "\n"


def drawn(title: str, bars: list[Bar], top: int) -> Iterator[str]:
    """A title with its bars, on a scale of their own."""
    longest = max(max(bar.value, bar.goal) for bar in bars)
    scale = (WIDTH - LEFT - ROOM) / longest
    yield f'<text class="title" x="10" y="{top + 18}">{title}</text>'
    for number, bar in enumerate(bars, start=1):
        y, end, goal = top + LINE * number + 6, LEFT + bar.value * scale, LEFT + bar.goal * scale
        yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{bar.label}</text>'
        yield f'<rect x="{LEFT}" y="{y + 2}" width="{end - LEFT:.1f}" height="14" fill="{bar.color}"/>'
        yield f'<line class="goal" x1="{goal:.1f}" x2="{goal:.1f}" y1="{y}" y2="{y + 18}"/>'
        beside = max(end, goal if goal - end < ROOM else end) + 6
        yield f'<text x="{beside:.1f}" y="{y + 13}">{bar.value:.{bar.digits}f}</text>'
