"""Addresses of this package's operations."""

from django.urls import path

from marketplace.ledger.api import books, budgets, coding, controls, periods

urlpatterns = [
    path("budgets", budgets.BudgetList.as_view(), name="api-budgets"),
    path("budgets/<int:year>", budgets.BudgetYear.as_view(), name="api-budget-year"),
    path("budgets/<uuid:budget_id>", budgets.BudgetOne.as_view(), name="api-budget"),
    path("cost-centres", coding.CostCentreList.as_view(), name="api-cost-centres"),
    path("cost-centres/<str:code>", coding.CostCentreOne.as_view(), name="api-cost-centre"),
    path("accounts", coding.AccountList.as_view(), name="api-accounts"),
    path("accounts/<str:code>", coding.AccountOne.as_view(), name="api-account"),
    path("accounts/<str:code>/lines", books.AccountLines.as_view(), name="api-account-lines"),
    path("trial-balance", books.TrialBalance.as_view(), name="api-trial-balance"),
    path("periods", periods.PeriodList.as_view(), name="api-periods"),
    path(
        "periods/<uuid:period_id>/close", periods.PeriodClosing.as_view(), name="api-period-close"
    ),
    path(
        "periods/<uuid:period_id>/reopen",
        periods.PeriodReopening.as_view(),
        name="api-period-reopen",
    ),
    path("control-accounts", controls.ControlAccounts.as_view(), name="api-control-accounts"),
]
