"""Addresses of this package's pages."""

from django.urls import path

from marketplace.approvals.views import rules, stand_ins

urlpatterns = [
    path("approval-rules/", rules.approval_rules, name="approval-rules"),
    path("approval-rules/change/", rules.approval_rules_change, name="approval-rules-change"),
    path("approvals/stand-ins/", stand_ins.stand_ins, name="stand-ins"),
    path(
        "approvals/stand-ins/<uuid:delegation_id>/end/",
        stand_ins.stand_in_end,
        name="stand-in-end",
    ),
]
