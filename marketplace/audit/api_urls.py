"""Addresses of this package's operations."""

from django.urls import path

from marketplace.audit.api import Events

urlpatterns = [path("events", Events.as_view(), name="api-events")]
