"""Every setting, each read from the environment once, with its type.

The environment is made by marketplace/__main__.py (embedded servers) or by whoever runs the
product on servers of their own: docs/running.md lists every name.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from marketplace.config.databases import database_from_url
from marketplace.config.logs import logging_config
from marketplace.config.parts import INSTALLED_APPS, MIDDLEWARE, TEMPLATES  # noqa: F401
from marketplace.web.security import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]


def _text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Start through .venv/bin/marketplace, which sets it,"
            " or see docs/running.md."
        )
    return value


def _flag(name: str, default: bool = False) -> bool:
    return _text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


STATE_DIR = Path(_text("STATE_DIR", str(ROOT / "var")))
SECRET_KEY = _text("SECRET_KEY")
# Keys that were in use before: what they signed or encrypted can still be read.
SECRET_KEY_FALLBACKS = _list("SECRET_KEY_FALLBACKS")
# Signs auditors' bundles; without it a key is made once and kept in STATE_DIR.
SIGNING_KEY = _text("SIGNING_KEY", "")
DEBUG = False
LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}
DEMO = _flag("DEMO")
PORT = int(_text("PORT", "8000"))
SITE_ADDRESS = _text("SITE_ADDRESS", f"http://127.0.0.1:{PORT}").rstrip("/")
SECURE = urlsplit(SITE_ADDRESS).scheme == "https"
BEHIND_PROXY = _flag("BEHIND_PROXY")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]
if DEMO and not {*ALLOWED_HOSTS, urlsplit(SITE_ADDRESS).hostname or ""} <= LOOPBACK:
    raise ImproperlyConfigured(
        "DEMO lets anybody in, so it only runs where nobody else can come: leave ALLOWED_HOSTS"
        " and SITE_ADDRESS on 127.0.0.1, or unset DEMO."
    )
METRICS_TOKEN = _text("METRICS_TOKEN", "")

ROOT_URLCONF = "marketplace.config.urls"
WSGI_APPLICATION = "marketplace.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Three logins, one at a time: `owner` changes the schema, `web` and `worker` own nothing.
DATABASE_ROLE = _text("DATABASE_ROLE", "worker")
DATABASES: dict[str, dict[str, Any]] = {
    "default": database_from_url(
        _text(f"DATABASE_{DATABASE_ROLE.upper()}_URL"), pooled=DATABASE_ROLE == "web"
    )
}

BROKER_URL = _text("BROKER_URL", "memory://")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "organisations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "marketplace.organisations.passwords.NotEndless"},
    {"NAME": "marketplace.organisations.passwords.NotRepeated"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "marketplace.organisations.adapters.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_DISPLAY = "marketplace.organisations.adapters.display"
ACCOUNT_FORMS = {
    "login": "marketplace.organisations.sign_in_forms.EnterForm",
    "reset_password": "marketplace.organisations.sign_in_forms.ForgottenForm",
    "reset_password_from_key": "marketplace.organisations.sign_in_forms.LinkPasswordForm",
    "change_password": "marketplace.organisations.sign_in_forms.OtherPasswordForm",
    "add_email": "marketplace.organisations.sign_in_forms.NewEmailForm",
}
# Behind a proxy everybody would else share its address, and so one limit.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
# A council's staff sit behind one address, so an address is allowed more than a person is.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,200/h/ip,5/15m/key",
    "reauthenticate": "10/m/user",
}
MFA_ADAPTER = "marketplace.organisations.adapters.SecondFactors"
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# An invitation has proven the address; without this nobody with a second factor could change it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "add_webauthn": "marketplace.organisations.keys.NewKeyForm",
    "activate_totp": "marketplace.organisations.keys.NewAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Council Marketplace"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "start"

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
CSRF_FAILURE_VIEW = "marketplace.web.views.csrf_failure"
SECURE_SSL_REDIRECT = SECURE and _flag("SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# A ClamAV daemon: the path of its socket, or host:port. Without one nothing is scanned.
CLAMD_ADDRESS = _text("CLAMD_ADDRESS", "")
LARGEST_UPLOAD_BYTES = int(_text("LARGEST_UPLOAD_BYTES", "25000000"))

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English")), ("cy", _("Welsh"))]
LOCALE_PATHS = [ROOT / "marketplace" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [STATE_DIR / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": _text(
            "STATIC_STORAGE", "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# The typeface of printed orders; `make setup` puts it there.
FONT_FOLDER = Path(_text("FONT_FOLDER", str(ROOT / "node_modules" / "dejavu-fonts-ttf" / "ttf")))

EMAIL_URL = _text("EMAIL_URL", "")
MAIL_DOMAIN = _text("MAIL_DOMAIN", "marketplace.example")
DEFAULT_FROM_EMAIL = _text("MAIL_FROM", f"Council Marketplace <no-reply@{MAIL_DOMAIN}>")
if EMAIL_URL:
    _mail = urlsplit(EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.username or "", _mail.password or ""
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
    EMAIL_TIMEOUT = 20
else:
    # No mail server was named: every message is written to a file, and the pages say so.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = STATE_DIR / "mail"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.organisations.authentication.TokenAuthentication",
        "marketplace.organisations.authentication.SignedInAuthentication",
    ],
    # Operation sets HasAccess; what is not an Operation still needs somebody signed in.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "marketplace.web.problems.api_exception",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Council Marketplace",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # Enumerations stay where they are used: pulled out they would need a name each.
    "POSTPROCESSING_HOOKS": [],
}

LOGGING = logging_config(_text("LOG_LEVEL", "INFO"), json=_flag("LOG_JSON", default=not DEMO))
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
PROMETHEUS_EXPORT_MIGRATIONS = False
