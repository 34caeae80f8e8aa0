"""Addresses of pages about budgets and what they are coded to."""

from django.urls import path

from marketplace.ledger.views import books, budgets, coding, controls, periods

CENTRE = "cost-centres/<uuid:cost_centre_id>/"
ACCOUNT = "accounts/<uuid:account_id>/"
MONTH = "months/<uuid:period_id>/"

urlpatterns = [
    path("budgets/", budgets.budgets, name="budgets"),
    path("budgets/add/", budgets.budget_add, name="budget-add"),
    path("budgets/file/", budgets.budgets_file, name="budgets-file"),
    path("budgets/file/<uuid:file_id>/", budgets.budgets_file_look, name="budgets-file-look"),
    path("budgets/<int:year>.csv", budgets.budgets_template, name="budgets-template"),
    path("budgets/<uuid:budget_id>/", budgets.budget, name="budget"),
    path("budgets/<uuid:budget_id>/change/", budgets.budget_change, name="budget-change"),
    path("cost-centres/", coding.cost_centres, name="cost-centres"),
    path("cost-centres/add/", coding.cost_centre_add, name="cost-centre-add"),
    path("cost-centres/file/", coding.cost_centres_file, name="cost-centres-file"),
    path(
        "cost-centres/file/<uuid:file_id>/",
        coding.cost_centres_file_look,
        name="cost-centres-file-look",
    ),
    path("cost-centres/list.csv", coding.cost_centres_template, name="cost-centres-template"),
    path(CENTRE, coding.cost_centre, name="cost-centre"),
    path(CENTRE + "retire/", coding.cost_centre_retire, name="cost-centre-retire"),
    path(CENTRE + "bring-back/", coding.cost_centre_bring_back, name="cost-centre-bring-back"),
    path("accounts/", coding.accounts, name="accounts"),
    path("accounts/add/", coding.account_add, name="account-add"),
    path("accounts/file/", coding.accounts_file, name="accounts-file"),
    path("accounts/file/<uuid:file_id>/", coding.accounts_file_look, name="accounts-file-look"),
    path("accounts/list.csv", coding.accounts_template, name="accounts-template"),
    path(ACCOUNT, coding.account, name="account"),
    path(ACCOUNT + "retire/", coding.account_retire, name="account-retire"),
    path(ACCOUNT + "bring-back/", coding.account_bring_back, name="account-bring-back"),
    path(ACCOUNT + "lines/", books.account_lines, name="account-lines"),
    path("trial-balance/", books.trial_balance_page, name="trial-balance"),
    path("months/", periods.months, name="months"),
    path("months/open/", periods.year_open, name="year-open"),
    path(MONTH + "close/", periods.month_close, name="month-close"),
    path(MONTH + "reopen/", periods.month_reopen, name="month-reopen"),
    path("control-accounts/", controls.control_accounts, name="control-accounts"),
    path(
        "control-accounts/change/",
        controls.control_accounts_change,
        name="control-accounts-change",
    ),
]
