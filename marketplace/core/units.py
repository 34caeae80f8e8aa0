"""The units in which things are sold, and the words that suppliers use for them.

Why: a price means nothing without its unit, and an electronic invoice must name the unit by its
code, so the code is settled when the listing is written and not when the invoice is refused.
Source: UN/ECE Recommendation 20 (units of measure), and Recommendation 21 (packages, whose codes
take an X in front), the two lists that EN 16931 allows for BT-130 and BT-150 (rule BR-CL-23).
"""

from __future__ import annotations

import re
from difflib import get_close_matches

# Code: its name, and the words (besides the code and the name) that mean it.
_TABLE: dict[str, tuple[str, str]] = {
    "EA": ("each", "ea per_item item items single singles article"),
    "C62": ("one", "unit units no nr number one_off unity"),
    "H87": ("piece", "pieces pc pcs pce"),
    "PR": ("pair", "pairs"),
    "SET": ("set", "sets"),
    "KT": ("kit", "kits"),
    "DZN": ("dozen", "dozens doz dz"),
    "GRO": ("gross", ""),
    "CEN": ("hundred", "hundreds per_hundred 100s"),
    "MIL": ("thousand", "thousands per_thousand 1000s"),
    "XPK": ("pack", "packs pk pkg package packages pack_of"),
    "XPA": ("packet", "packets pkt pkts"),
    "XBX": ("box", "boxes bx"),
    "XCT": ("carton", "cartons ctn ctns ct"),
    "XCS": ("case", "cases cs"),
    "XBG": ("bag", "bags bg"),
    "XSA": ("sack", "sacks"),
    "XBO": ("bottle", "bottles btl bo"),
    "XCA": ("can", "cans"),
    "XTN": ("tin", "tins"),
    "XJR": ("jar", "jars"),
    "XTU": ("tube", "tubes tub"),
    "XRO": ("roll", "rolls rl ro"),
    "XRL": ("reel", "reels"),
    "XBE": ("bundle", "bundles bdl"),
    "XPX": ("pallet", "pallets plt"),
    "XDR": ("drum", "drums"),
    "XJY": ("jerrican", "jerricans jerrycan"),
    "XBJ": ("bucket", "buckets"),
    "XPL": ("pail", "pails"),
    "XCR": ("crate", "crates"),
    "XSW": ("shrink-wrapped pack", "shrinkwrap outer outers"),
    "XSO": ("spool", "spools"),
    "XPU": ("tray", "trays tray_pack"),
    "XAE": ("aerosol", "aerosols"),
    "XAM": ("ampoule", "ampoules"),
    "XCI": ("canister", "canisters"),
    "XEN": ("envelope", "envelopes"),
    "RM": ("ream", "reams"),
    "ST": ("sheet", "sheets sht"),
    "KGM": ("kilogram", "kg kgs kilo kilos kilogramme kilogrammes kilograms"),
    "GRM": ("gram", "g gm gms gramme grammes grams"),
    "TNE": ("tonne", "tonnes t metric_ton metric_tonne"),
    "LBR": ("pound (weight)", "lb lbs"),
    "LTR": ("litre", "l lt ltr ltrs litres liter liters"),
    "MLT": ("millilitre", "ml millilitres"),
    "CLT": ("centilitre", "cl centilitres"),
    "GLI": ("gallon", "gallons gal"),
    "MTR": ("metre", "m mtr mtrs metres meter meters linear_metre lm"),
    "CMT": ("centimetre", "cm centimetres"),
    "MMT": ("millimetre", "mm millimetres"),
    "KMT": ("kilometre", "km kilometres"),
    "SMI": ("mile", "miles"),
    "FOT": ("foot", "ft feet"),
    "YRD": ("yard", "yd yds yards"),
    "MTK": ("square metre", "sqm sq_m m2 m² square_metres"),
    "FTK": ("square foot", "sqft sq_ft ft2 ft² square_feet"),
    "MTQ": ("cubic metre", "m3 m³ cubic_metres cbm"),
    "HUR": ("hour", "hr hrs hours h per_hour"),
    "MIN": ("minute", "mins minutes"),
    "DAY": ("day", "days per_day"),
    "WEE": ("week", "wk weeks"),
    "MON": ("month", "mth months"),
    "ANN": ("year", "yr yrs years annum per_annum"),
    "E49": ("working day", "working_days man_day"),
    "E48": ("service unit", "service_units"),
    "E51": ("job", "jobs"),
    "E54": ("trip", "trips journey journeys"),
    "LS": ("lump sum", "lumpsum fixed_price"),
    "KWH": ("kilowatt hour", "kilowatt_hours"),
    "MWH": ("megawatt hour", "megawatt_hours"),
    "IE": ("person", "persons people delegate delegates"),
    "5B": ("batch", "batches"),
}

# What is measured rather than counted, and so may be had in parts.
MEASURED = frozenset(
    {
        "KGM", "GRM", "TNE", "LBR", "LTR", "MLT", "CLT", "GLI", "MTR", "CMT", "MMT", "KMT", "SMI",
        "FOT", "YRD", "MTK", "FTK", "MTQ", "HUR", "MIN", "DAY", "WEE", "MON", "ANN", "E49", "KWH",
        "MWH",
    }
)  # fmt: skip

UNIT_NAMES: dict[str, str] = {code: name for code, (name, _words) in _TABLE.items()}
_NOT_A_WORD = re.compile(r"[\W_]+")


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub("", text.casefold())


def _spellings() -> dict[str, str]:
    spellings: dict[str, str] = {}
    for code, (name, words) in _TABLE.items():
        for spelling in (name, *words.split()):
            spellings.setdefault(_plain(spelling), code)
    for code in _TABLE:
        spellings[_plain(code)] = code
    return spellings


SPELLINGS = _spellings()


def unit_code(text: str) -> str | None:
    """Return the code that a supplier's word for a unit stands for, or None.

    Why: price lists say "Each", "EA", "ea." and "per item", and mean one thing.

    >>> unit_code("ea."), unit_code("Box"), unit_code("kg"), unit_code("parsec")
    ('EA', 'XBX', 'KGM', None)
    """
    return SPELLINGS.get(_plain(text))


def is_counted(code: str) -> bool:
    """Tell whether a unit is only had whole; one that we do not know may be had in parts.

    Why: half a box cannot be delivered, and half an hour can.

    >>> is_counted("XBX"), is_counted("KGM"), is_counted("QQQ")
    (True, False, False)
    """
    return code in UNIT_NAMES and code not in MEASURED


def nearest_unit(text: str) -> str | None:
    """Return the code whose spelling is nearest to `text`, or None when nothing is near.

    Why: "Boxs" deserves "did you mean box?", and a guess is never taken without asking.

    >>> nearest_unit("boxs")
    'XBX'
    """
    near = get_close_matches(_plain(text), SPELLINGS, n=1, cutoff=0.7)
    return SPELLINGS[near[0]] if near else None


def unit_name(code: str) -> str:
    """Return the English name of a unit, or the code itself when we have no name for it.

    Why: people read "box", electronic documents read "XBX".
    """
    return UNIT_NAMES.get(code, code)
