"""Addresses of this package's pages."""

from django.urls import path

from marketplace.audit import views

urlpatterns = [
    path("audit/", views.events, name="events"),
    path("audit/events.csv", views.events_csv, name="events-csv"),
    path("audit/events.jsonl", views.events_json, name="events-json"),
    path("audit/chain/", views.chain, name="audit-chain"),
    path("audit/<uuid:event_id>/", views.event, name="event"),
]
