"""The marketplace's own key, with which it signs what auditors take away.

It is SIGNING_KEY, the same on every machine, or one that is made once and kept in STATE_DIR, which
nobody but the marketplace's account can read. Source: RFC 8032 (Ed25519).
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Conflict

FILE: Final = "signing-key"
_SECRET: Final = re.compile(r"[0-9a-f]{64}")


class SigningKeyNotRight(Conflict):
    """What is kept is no key; to sign with a new one would make nonsense of those written down."""

    code = "bundle.signing-key-not-right"
    title = gettext_lazy("Nothing can be signed at the moment.")
    advice = gettext_lazy("Ask whoever runs the marketplace to put its signing key right.")


def signing_key() -> Ed25519PrivateKey:
    """Return the key; the first call makes it.

    Raises: SigningKeyNotRight.
    """
    given: str = settings.SIGNING_KEY
    where = "SIGNING_KEY" if given else f"STATE_DIR/{FILE}"
    try:
        text = (given or _kept(Path(settings.STATE_DIR))).strip().lower()
    except (OSError, ValueError) as error:
        raise SigningKeyNotRight(_("%(where)s cannot be read.") % {"where": where}) from error
    if not _SECRET.fullmatch(text):
        raise SigningKeyNotRight(
            _("%(where)s must be 64 of the signs 0 to 9 and a to f.") % {"where": where}
        )
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def public_key() -> str:
    """Return what others check our signatures with, in hexadecimal."""
    return signing_key().public_key().public_bytes_raw().hex()


def _kept(state: Path) -> str:
    path = state / FILE
    state.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # mkstemp makes it readable by us alone; a link fails when somebody else was first.
        held, making = tempfile.mkstemp(dir=state)
        with os.fdopen(held, "w") as file:
            file.write(os.urandom(32).hex())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(making, path)
        except FileExistsError:
            pass
        finally:
            Path(making).unlink()
    return path.read_text()
