"""Addresses of this package's operations."""

from django.urls import path

from marketplace.approvals.api import ApprovalRules

urlpatterns = [path("approval-rules", ApprovalRules.as_view(), name="api-approval-rules")]
