"""From bytes to the model, whichever syntax they are in."""

from __future__ import annotations

from invoicing.formats.cii import read_cii
from invoicing.formats.gate import Document, Syntax
from invoicing.formats.model import Reading
from invoicing.formats.ubl import read_ubl


def read_invoice(document: Document) -> Reading:
    """Return what a document that was let in says, and what of it has no place in the model."""
    if document.syntax is Syntax.CII:
        return read_cii(document.root)
    return read_ubl(document.root)
