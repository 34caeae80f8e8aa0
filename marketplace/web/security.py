"""What browsers are told to refuse: the values that the settings hand to django-csp and others."""

from __future__ import annotations

from typing import Final

SELF: Final = "'self'"
NONE: Final = "'none'"

# django-csp 4: CONTENT_SECURITY_POLICY. No inline style or script anywhere: a page that needs one
# does not work, and the test of all pages in a browser says so.
CONTENT_SECURITY_POLICY: Final = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [NONE],
        "img-src": [SELF, "data:"],  # the QR code of the second factor is a data: image
        "manifest-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "worker-src": [NONE],
    }
}

# django-permissions-policy: PERMISSIONS_POLICY. An empty list is nobody, ourselves included.
NOBODY: Final[list[str] | str] = []
PERMISSIONS_POLICY: Final[dict[str, list[str] | str]] = {
    "accelerometer": NOBODY,
    "autoplay": NOBODY,
    "camera": NOBODY,
    "display-capture": NOBODY,
    "encrypted-media": NOBODY,
    "fullscreen": NOBODY,
    "geolocation": NOBODY,
    "gyroscope": NOBODY,
    "magnetometer": NOBODY,
    "microphone": NOBODY,
    "midi": NOBODY,
    "payment": NOBODY,
    "usb": NOBODY,
    "publickey-credentials-get": "self",
    "publickey-credentials-create": "self",
}

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
