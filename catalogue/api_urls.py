"""Addresses of the catalogue's operations."""

from django.urls import path

from catalogue.imports.api import (
    CatalogueImportConfirmation,
    CatalogueImportDetail,
    CatalogueImportList,
    CatalogueImportWrongRows,
)
from catalogue.search.api import ListingDetail, ListingList

urlpatterns = [
    path("listings", ListingList.as_view(), name="api-listings"),
    path("listings/<uuid:listing_id>", ListingDetail.as_view(), name="api-listing"),
    path("catalogue-imports", CatalogueImportList.as_view(), name="api-catalogue-imports"),
    path(
        "catalogue-imports/<uuid:run_id>",
        CatalogueImportDetail.as_view(),
        name="api-catalogue-import",
    ),
    path(
        "catalogue-imports/<uuid:run_id>/wrong-rows",
        CatalogueImportWrongRows.as_view(),
        name="api-catalogue-import-wrong-rows",
    ),
    path(
        "catalogue-imports/<uuid:run_id>/confirmation",
        CatalogueImportConfirmation.as_view(),
        name="api-catalogue-import-confirmation",
    ),
]
