"""Draw docs/structure.svg from the code's own imports.

Run `.venv/bin/python docs/structure.py` after a change of structure; a test holds the picture
against the code. Each floor of the picture is one line of the layers contract in pyproject.toml,
each room a package with its number of lines, each arrow the imports between two packages.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PICTURE = ROOT / "docs" / "structure.svg"
WIDTH, ROOM, HIGH, GAP = 1080, 250, 46, 34


def floors() -> list[list[str]]:
    """Return the packages from the roof down, those of one floor together."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = config["tool"]["importlinter"]["contracts"][0]
    return [[name.strip() for name in line.split("|")] for line in contract["layers"]]


def package_of(module: str, packages: set[str]) -> str | None:
    """Return the package that a module belongs to."""
    parts = module.split(".")
    return next((p for n in (2, 1) if (p := ".".join(parts[:n])) in packages), None)


def arrows(packages: set[str]) -> Counter[tuple[str, str]]:
    """Count the imports from each package to each other one."""
    roots = sorted({name.split(".")[0] for name in packages})
    graph = grimp.build_graph(*roots, cache_dir=None)
    counted: Counter[tuple[str, str]] = Counter()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = package_of(importer, packages), package_of(imported, packages)
            if None not in pair and pair[0] != pair[1]:
                counted[pair] += 1  # type: ignore[index]
    return counted


def lines_of(package: str) -> int:
    """Count the lines of Python in a package, without migrations."""
    files = (ROOT / package.replace(".", "/")).rglob("*.py")
    return sum(p.read_text().count("\n") for p in files if "migrations" not in p.parts)


def draw() -> str:
    """Return the picture."""
    levels = floors()
    place: dict[str, tuple[float, float]] = {}
    for row, names in enumerate(levels):
        start = (WIDTH - len(names) * ROOM - (len(names) - 1) * GAP) / 2
        for column, name in enumerate(names):
            place[name] = (start + column * (ROOM + GAP), 20 + row * (HIGH + GAP))
    height = 20 + len(levels) * (HIGH + GAP)
    counted = arrows(set(place))
    shapes = [_arrow(place, a, b, n) for (a, b), n in sorted(counted.items())]
    shapes += [_room(name, *xy) for name, xy in place.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="title"><title id="title">Packages and their imports, the roof above;'
        " every arrow points down.</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def _room(name: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{ROOM}" height="{HIGH}" rx="4" fill="#f3f2f1"'
        f' stroke="#1d70b8"/><text x="{x + ROOM / 2:.0f}" y="{y + 20:.0f}" text-anchor="middle"'
        f' font-family="Arial" font-size="15" font-weight="bold">{escape(name)}</text>'
        f'<text x="{x + ROOM / 2:.0f}" y="{y + 38:.0f}" text-anchor="middle" font-family="Arial"'
        f' font-size="12">{lines_of(name) / 100:.0f} hundred lines</text>'
    )


def _arrow(place: dict[str, tuple[float, float]], a: str, b: str, count: int) -> str:
    (ax, ay), (bx, by) = place[a], place[b]
    # Long arrows bow out to one side, so that they do not run through the rooms between.
    span = (by - ay) / (HIGH + GAP)
    side = -1 if (len(a) + len(b)) % 2 else 1
    bow = side * (ROOM / 2 + 18 * span) if span > 1 else 0
    x1, x2, y1, y2 = ax + ROOM / 2, bx + ROOM / 2, ay + HIGH, by
    colour = "#505a5f" if by > ay else "#d4351c"
    return (
        f'<path d="M{x1:.0f},{y1:.0f} C{x1 + bow:.0f},{y1 + 40:.0f} {x2 + bow:.0f},{y2 - 40:.0f}'
        f' {x2:.0f},{y2:.0f}" fill="none" stroke="{colour}" stroke-opacity="0.45"'
        f' stroke-width="{1 + min(count, 30) / 10:.1f}"><title>{escape(a)} imports {escape(b)}'
        f"</title></path>"
    )


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PICTURE.exists() and PICTURE.read_text() == draw() else 1)
    PICTURE.write_text(draw())
