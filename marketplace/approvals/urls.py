"""Addresses of this package's pages."""

from django.urls import path

from marketplace.approvals.views import rules

urlpatterns = [
    path("approval-rules/", rules.approval_rules, name="approval-rules"),
    path("approval-rules/change/", rules.approval_rules_change, name="approval-rules-change"),
]
