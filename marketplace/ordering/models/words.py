"""What a document is found by: its number and the names on it, as one text in small letters."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Lower, Replace

BLANK, DASH = Value(" "), Value("-")


def words_of(*names: str) -> models.GeneratedField:
    """Return a column of a document's words, which the database keeps.

    Shapes: a blank before each word, so that its beginning can be told. The number stands there as
    it is written and also in its parts, so that each of these is a word.
    """
    texts = ["number", Replace(F("number"), DASH, BLANK), *names]
    blanks = [each for text in texts for each in (BLANK, text)]
    return models.GeneratedField(
        expression=Lower(Concat(*blanks)), output_field=models.TextField(), db_persist=True
    )
