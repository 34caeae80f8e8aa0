"""How `make messages` finds the words in Django's own templates, which Babel does not read.

Only what extends or stands for a template of django-allauth is one; all others are Jinja's.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from io import BytesIO
from typing import IO, Any

from django.utils.translation.template import templatize


def django_templates(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Generator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """Yield what Babel's extractors yield: line, function, words and comments."""
    from babel.messages.extract import extract_python  # noqa: PLC0415  # not there in earnest

    # Django turns a template into what looks like Python, for a program of GNU's to read.
    python = templatize(file.read().decode())
    yield from extract_python(BytesIO(python.encode()), keywords, comment_tags, dict(options))  # type: ignore[arg-type]
