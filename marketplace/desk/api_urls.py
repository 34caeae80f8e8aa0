"""Addresses of this package's operations."""

from django.urls import path

from marketplace.desk.bundles import api

BUNDLE = "audit-bundles/<uuid:bundle_id>"

urlpatterns = [
    path("audit-bundles", api.BundleList.as_view(), name="api-audit-bundles"),
    path("audit-bundles/key", api.BundleKey.as_view(), name="api-audit-bundles-key"),
    path(BUNDLE, api.BundleOne.as_view(), name="api-audit-bundle"),
    path(BUNDLE + "/file", api.BundleFile.as_view(), name="api-audit-bundle-file"),
    path(BUNDLE + "/cancel", api.BundleCancellation.as_view(), name="api-audit-bundle-cancel"),
]
