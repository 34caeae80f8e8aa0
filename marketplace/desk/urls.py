"""Addresses of pages that look across packages."""

from django.urls import path

from marketplace.desk import api_docs
from marketplace.desk.views import bundles, exports, home, public, ready

urlpatterns = [
    path("", public.start, name="start"),
    path("help/", public.help_page, name="help"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("home/", home.home, name="home"),
    path("getting-ready/", ready.getting_ready, name="getting-ready"),
    path("budgets/export/", exports.budgets_export, name="budgets-export"),
    path("audit/bundles/", bundles.audit_bundles, name="audit-bundles"),
    path("audit/bundles/verify_bundle.py", bundles.audit_verifier, name="audit-verifier"),
    path("audit/bundles/<uuid:bundle_id>/", bundles.audit_bundle, name="audit-bundle"),
    path(
        "audit/bundles/<uuid:bundle_id>/cancel/",
        bundles.audit_bundle_cancel,
        name="audit-bundle-cancel",
    ),
    path("search/", home.search, name="search"),
    path("api/schema/", api_docs.schema, name="api-schema"),
    path("api/docs/", api_docs.page, name="api-docs"),
]
