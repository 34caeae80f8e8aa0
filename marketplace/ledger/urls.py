"""Addresses of pages about budgets."""

from django.urls import path

from marketplace.ledger import views

urlpatterns = [
    path("budgets/", views.budgets, name="budgets"),
    path("budgets/<uuid:budget_id>/", views.budget, name="budget"),
]
