"""What the site is put together from, in its order: applications, middleware, templates.

None of it is anybody's to choose, so none of it is read from the environment.
"""

from __future__ import annotations

from typing import Any

INSTALLED_APPS = [
    "marketplace.config.apps.RoofConfig",
    "marketplace.demonstration",
    "marketplace.desk",
    "supplier_portal",
    "invoicing",
    "marketplace.ordering",
    "tendering",
    "catalogue",
    "marketplace.ledger",
    "marketplace.approvals",
    "marketplace.notifications",
    "marketplace.documents",
    "marketplace.organisations",
    "marketplace.audit",
    "marketplace.web",
    "marketplace.jobs",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django_prometheus",
    "django_structlog",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "marketplace.web.middleware.Manners",
    "marketplace.web.middleware.UploadLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "marketplace.web.middleware.PageMethods",
    "marketplace.web.middleware.WholeForms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "marketplace.organisations.devices.DeviceMiddleware",
    "marketplace.organisations.middleware.ActingMiddleware",
    "marketplace.organisations.middleware.SecondFactorMiddleware",
    "marketplace.web.middleware.AccessDeclared",
    "marketplace.web.middleware.ReadableAddresses",
    "marketplace.web.middleware.SeenTexts",
    "marketplace.web.middleware.RefusalPages",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "marketplace.web.templating.environment",
            "context_processors": ["django.contrib.messages.context_processors.messages"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
