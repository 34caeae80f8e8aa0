"""Addresses of this package's operations."""

from django.urls import path

from marketplace.ledger.api import budgets, coding

urlpatterns = [
    path("budgets", budgets.BudgetList.as_view(), name="api-budgets"),
    path("budgets/<int:year>", budgets.BudgetYear.as_view(), name="api-budget-year"),
    path("cost-centres", coding.CostCentreList.as_view(), name="api-cost-centres"),
    path("cost-centres/<str:code>", coding.CostCentreOne.as_view(), name="api-cost-centre"),
    path("accounts", coding.AccountList.as_view(), name="api-accounts"),
    path("accounts/<str:code>", coding.AccountOne.as_view(), name="api-account"),
]
