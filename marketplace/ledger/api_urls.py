"""Addresses of this package's operations."""

from django.urls import path

from marketplace.ledger.api import BudgetList

urlpatterns = [path("budgets", BudgetList.as_view(), name="api-budgets")]
