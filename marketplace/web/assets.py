"""Take GOV.UK Frontend's stylesheet and script into the folder that is served.

A council's service on a council's own address may use the design system "with the exception of
branding": neither GDS Transport, nor the crown, nor the royal crest. So nothing but the two
compiled files is taken, and from those everything that names the three is cut out.
"""

from __future__ import annotations

import re
from pathlib import Path

FONTS = "Arial,Helvetica,sans-serif"
BRANDING = re.compile(r"gds transport|crown|crest", re.IGNORECASE)

_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_FONT_NAMES = re.compile(r"font-family:GDS Transport(?:,arial,sans-serif)?", re.IGNORECASE)
_DECLARATION = re.compile(r"[\w-]+:[^;{}]*(?:crown|crest)[^;{}]*;?", re.IGNORECASE)
_RULE = re.compile(r"(?<=[{}])([^{}]*(?:crown|crest)[^{}]*)\{[^{}]*\}", re.IGNORECASE)
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*")


class BrandingLeft(RuntimeError):
    """A new release of GOV.UK Frontend names its branding where this module does not look."""


def unbranded_css(css: str) -> str:
    """Return the stylesheet without the fonts and emblems that only GOV.UK may use."""
    css = _SOURCE_MAP.sub("", _FONT_FACE.sub("", css))
    css = _FONT_NAMES.sub(f"font-family:{FONTS}", css)
    return _RULE.sub("", _DECLARATION.sub("", css))


def self_starting_js(script: str) -> str:
    """Return the script with its own start at the end, so that no page needs an inline one."""
    return _SOURCE_MAP.sub("", script).rstrip() + "\ninitAll();\n"


def build_assets(node_modules: Path, target: Path = Path("var/assets/govuk")) -> list[Path]:
    """Write the files that are served to `target` and return their paths.

    Raises: BrandingLeft when what would be served still names GDS Transport, crown or crest.
    """
    source = node_modules / "govuk-frontend" / "dist" / "govuk"
    made = {
        "govuk-frontend.min.css": unbranded_css(_read(source / "govuk-frontend.min.css")),
        "govuk-frontend.min.js": self_starting_js(_read(source / "govuk-frontend.min.js")),
    }
    for name, text in made.items():
        found = BRANDING.search(text)
        if found:
            raise BrandingLeft(f"{name} still says {found.group()!r}.")
    target.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (target / name).write_text(text, encoding="utf-8")
    return sorted(target / name for name in made)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
