"""A request for approval: what was seen, the steps it needs and what was decided."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.approvals.models.policies import WHO_LABELS, Policy
from marketplace.approvals.states import CASE, STEP, CaseStatus, StepStatus, Verdict
from marketplace.core.models import Row, Stateful, TenantQuerySet

CASE_STATUS_LABELS = {
    CaseStatus.PENDING: _("Waiting for approval"),
    CaseStatus.APPROVED: _("Approved"),
    CaseStatus.REJECTED: _("Turned down"),
    CaseStatus.SUPERSEDED: _("Taken back"),
}
STEP_STATUS_LABELS = {
    StepStatus.WAITING: _("Not yet"),
    StepStatus.CURRENT: _("Waiting for a decision"),
    StepStatus.APPROVED: _("Approved"),
    StepStatus.REJECTED: _("Turned down"),
    StepStatus.DROPPED: _("No longer needed"),
}
VERDICT_LABELS = {Verdict.APPROVED: _("Approved"), Verdict.REJECTED: _("Turned down")}


class Case(Row, Stateful):
    """A request that somebody approve a thing as it was when they saw it.

    `content_hash` is of what was submitted; `barred_user_ids` asked for it, made it or changed it.
    The subject is a row of an upper package, so it is a key and not a foreign key. Units: `amount`
    in GBP, net.
    """

    tenant_columns = ("council_id",)
    machine = CASE

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_reference = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    link = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    content_hash = models.CharField(max_length=64)
    requester_id = models.UUIDField()
    requester_membership_id = models.UUIDField()
    requester_name = models.CharField(max_length=200)
    barred_user_ids = ArrayField(models.UUIDField())
    status = models.CharField(
        max_length=12,
        choices=[(each.value, label) for each, label in CASE_STATUS_LABELS.items()],
        default=CaseStatus.PENDING.value,
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["Case"].as_manager()

    class Meta:
        verbose_name = _("request for approval")
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id"],
                condition=Q(status=CaseStatus.PENDING.value),
                name="case_one_open_a_subject",
            ),
            models.CheckConstraint(
                name="case_status_known",
                condition=Q(status__in=[each.value for each in CaseStatus]),
            ),
            models.CheckConstraint(
                name="case_closed_has_instant",
                condition=Q(status=CaseStatus.PENDING.value, closed_at__isnull=True)
                | (~Q(status=CaseStatus.PENDING.value) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="case_bars_the_requester",
                condition=Q(barred_user_ids__contains=[F("requester_id")]),
            ),
            models.CheckConstraint(name="case_amount_not_negative", condition=Q(amount__gte=0)),
        ]
        indexes = [
            models.Index(fields=["subject_id", "id"], name="case_by_subject"),
            models.Index(
                fields=["council", "id"],
                condition=Q(status=CaseStatus.PENDING.value),
                name="case_pending",
            ),
        ]

    @property
    def reference(self) -> str:
        return self.subject_reference


class Step(Row, Stateful):
    """One yes that a case needs.

    `eligible` are the memberships that could take it when the case was opened, each on their own
    account; who stands in for one of them is looked up when they decide.
    """

    tenant_columns = ("council_id",)
    machine = STEP

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    step_order = models.PositiveSmallIntegerField()
    who = models.CharField(
        max_length=12, choices=[(each.value, label) for each, label in WHO_LABELS.items()]
    )
    label = models.CharField(max_length=300, blank=True)
    eligible = ArrayField(models.UUIDField())
    eligible_names = ArrayField(models.CharField(max_length=200))
    needs_limit = models.BooleanField()
    is_over_budget = models.BooleanField(default=False)
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in STEP_STATUS_LABELS.items()],
        default=StepStatus.WAITING.value,
    )

    objects = TenantQuerySet["Step"].as_manager()

    class Meta:
        verbose_name = _("step")
        constraints = [
            models.UniqueConstraint(fields=["case", "step_order"], name="step_one_a_place"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status=StepStatus.CURRENT.value),
                name="step_one_current_a_case",
            ),
            models.CheckConstraint(
                name="step_status_known",
                condition=Q(status__in=[each.value for each in StepStatus]),
            ),
            models.CheckConstraint(name="step_has_somebody", condition=Q(eligible__len__gt=0)),
        ]
        indexes = [
            GinIndex(
                fields=["eligible"],
                condition=Q(status=StepStatus.CURRENT.value),
                name="step_current_by_eligible",
            ),
        ]

    @property
    def is_current(self) -> bool:
        """Tell whether this step is the one that waits for somebody."""
        return self.status == StepStatus.CURRENT


class Decision(Row):
    """What somebody decided, and on what; added and never changed.

    `on_behalf_of_…` is whose approval it was when a stand-in gave it.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    step = models.OneToOneField(Step, models.PROTECT, related_name="decision")
    requester_id = models.UUIDField()
    decided_by_id = models.UUIDField()
    decided_by_membership_id = models.UUIDField()
    decided_by_name = models.CharField(max_length=200)
    on_behalf_of_membership_id = models.UUIDField(null=True)
    on_behalf_of_name = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in VERDICT_LABELS.items()]
    )
    comment = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects = TenantQuerySet["Decision"].as_manager()

    class Meta:
        verbose_name = _("decision")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "decided_by_id"], name="decision_each_step_another_person"
            ),
            models.CheckConstraint(
                name="decision_four_eyes", condition=~Q(decided_by_id=F("requester_id"))
            ),
            models.CheckConstraint(
                name="decision_verdict_known",
                condition=Q(verdict__in=[each.value for each in Verdict]),
            ),
            models.CheckConstraint(
                name="decision_rejection_has_reason",
                condition=~Q(verdict=Verdict.REJECTED.value, comment=""),
            ),
            models.CheckConstraint(
                name="decision_stand_in_names_both",
                condition=Q(on_behalf_of_membership_id__isnull=True) | ~Q(on_behalf_of_name=""),
            ),
        ]
