"""What a form is made of: what was posted, or nothing while the page is only being read.

An empty answer is an answer too. A form that took it for none at all would find no mistakes in it.
"""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the answers of a form that was sent, however few; None where the page is read."""
    return request.POST if request.method == "POST" else None


def posted_files(request: HttpRequest) -> MultiValueDict[str, UploadedFile[bytes]] | None:
    """Return the files of a form that was sent, however few; None where the page is read."""
    return request.FILES if request.method == "POST" else None
