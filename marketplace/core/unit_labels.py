"""Units in the language of whoever reads."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

UNIT_LABELS = {
    "EA": gettext_lazy("each"),
    "C62": gettext_lazy("one"),
    "H87": gettext_lazy("piece"),
    "PR": gettext_lazy("pair"),
    "SET": gettext_lazy("set"),
    "KT": gettext_lazy("kit"),
    "DZN": gettext_lazy("dozen"),
    "GRO": gettext_lazy("gross"),
    "CEN": gettext_lazy("hundred"),
    "MIL": gettext_lazy("thousand"),
    "XPK": gettext_lazy("pack"),
    "XPA": gettext_lazy("packet"),
    "XBX": gettext_lazy("box"),
    "XCT": gettext_lazy("carton"),
    "XCS": gettext_lazy("case"),
    "XBG": gettext_lazy("bag"),
    "XSA": gettext_lazy("sack"),
    "XBO": gettext_lazy("bottle"),
    "XCA": gettext_lazy("can"),
    "XTN": gettext_lazy("tin"),
    "XJR": gettext_lazy("jar"),
    "XTU": gettext_lazy("tube"),
    "XRO": gettext_lazy("roll"),
    "XRL": gettext_lazy("reel"),
    "XBE": gettext_lazy("bundle"),
    "XPX": gettext_lazy("pallet"),
    "XDR": gettext_lazy("drum"),
    "XJY": gettext_lazy("jerrican"),
    "XBJ": gettext_lazy("bucket"),
    "XPL": gettext_lazy("pail"),
    "XCR": gettext_lazy("crate"),
    "XSW": gettext_lazy("shrink-wrapped pack"),
    "XSO": gettext_lazy("spool"),
    "XPU": gettext_lazy("tray"),
    "XAE": gettext_lazy("aerosol"),
    "XAM": gettext_lazy("ampoule"),
    "XCI": gettext_lazy("canister"),
    "XEN": gettext_lazy("envelope"),
    "RM": gettext_lazy("ream"),
    "ST": gettext_lazy("sheet"),
    "KGM": gettext_lazy("kilogram"),
    "GRM": gettext_lazy("gram"),
    "TNE": gettext_lazy("tonne"),
    "LBR": gettext_lazy("pound (weight)"),
    "LTR": gettext_lazy("litre"),
    "MLT": gettext_lazy("millilitre"),
    "CLT": gettext_lazy("centilitre"),
    "GLI": gettext_lazy("gallon"),
    "MTR": gettext_lazy("metre"),
    "CMT": gettext_lazy("centimetre"),
    "MMT": gettext_lazy("millimetre"),
    "KMT": gettext_lazy("kilometre"),
    "SMI": gettext_lazy("mile"),
    "FOT": gettext_lazy("foot"),
    "YRD": gettext_lazy("yard"),
    "MTK": gettext_lazy("square metre"),
    "FTK": gettext_lazy("square foot"),
    "MTQ": gettext_lazy("cubic metre"),
    "HUR": gettext_lazy("hour"),
    "MIN": gettext_lazy("minute"),
    "DAY": gettext_lazy("day"),
    "WEE": gettext_lazy("week"),
    "MON": gettext_lazy("month"),
    "ANN": gettext_lazy("year"),
    "E49": gettext_lazy("working day"),
    "E48": gettext_lazy("service unit"),
    "E51": gettext_lazy("job"),
    "E54": gettext_lazy("trip"),
    "LS": gettext_lazy("lump sum"),
    "KWH": gettext_lazy("kilowatt hour"),
    "MWH": gettext_lazy("megawatt hour"),
    "IE": gettext_lazy("person"),
    "5B": gettext_lazy("batch"),
}
# Units of which one says "each" rather than "per one".
EACH = frozenset({"EA", "C62"})


def unit_label(code: str) -> str:
    """Return a unit as people say it, or its code when we have no word for it."""
    return str(UNIT_LABELS.get(code, code))


def sold_by(unit: str, pack_size: int) -> str:
    """Return what one price buys: "each", "per box" or "per box of 10"."""
    if unit in EACH:
        return _("each") if pack_size == 1 else _("for %(count)s") % {"count": f"{pack_size:,}"}
    words = {"unit": unit_label(unit), "count": f"{pack_size:,}"}
    return _("per %(unit)s") % words if pack_size == 1 else _("per %(unit)s of %(count)s") % words
