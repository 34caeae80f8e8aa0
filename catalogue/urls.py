"""Addresses of the catalogue's pages."""

from django.urls import path

from catalogue.search import views

urlpatterns = [
    path("catalogue/", views.catalogue, name="catalogue"),
    path("catalogue/<uuid:listing_id>/", views.listing, name="listing"),
]
