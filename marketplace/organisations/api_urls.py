"""Addresses of this package's operations."""

from django.urls import path

from marketplace.organisations.api import Me

urlpatterns = [path("me", Me.as_view(), name="api-me")]
