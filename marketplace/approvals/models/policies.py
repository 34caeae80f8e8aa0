"""Who must say yes to what: a council's policy, and who stands in for whom."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from marketplace.approvals.rules import Who
from marketplace.core.models import Row, TenantQuerySet

WHO_LABELS = {
    Who.HOLDER: _("Whoever answers for the cost centre"),
    Who.PEOPLE: _("One of these people"),
    Who.ANY_APPROVER: _("Any approver"),
}


class Policy(Row):
    """A version of a council's rules for approval; the highest version is in force.

    `over_budget_allowed_by` are memberships who may let a budget that only warns be exceeded.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    over_budget_allowed_by = ArrayField(models.UUIDField(), default=list, blank=True)
    since = models.DateTimeField()
    made_by_name = models.CharField(max_length=200, blank=True)

    objects = TenantQuerySet["Policy"].as_manager()

    class Meta:
        verbose_name = _("approval policy")
        constraints = [
            models.UniqueConstraint(fields=["council", "version"], name="policy_one_a_version"),
        ]

    @property
    def reference(self) -> str:
        return str(self.version)


class PolicyTier(Row):
    """One step that amounts above a figure need."""

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="tiers")
    above_amount = models.DecimalField(max_digits=14, decimal_places=2)
    step_order = models.PositiveSmallIntegerField()
    who = models.CharField(
        max_length=12, choices=[(each.value, label) for each, label in WHO_LABELS.items()]
    )
    people = ArrayField(models.UUIDField(), default=list, blank=True)

    objects = TenantQuerySet["PolicyTier"].as_manager()

    class Meta:
        verbose_name = _("approval step")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "above_amount", "step_order"], name="policytier_one_a_step"
            ),
            models.CheckConstraint(
                name="policytier_who_known", condition=Q(who__in=[each.value for each in Who])
            ),
            models.CheckConstraint(
                name="policytier_above_not_negative", condition=Q(above_amount__gte=0)
            ),
            models.CheckConstraint(
                name="policytier_people_are_named",
                condition=~Q(who=Who.PEOPLE.value) | Q(people__len__gt=0),
            ),
        ]


class Delegation(Row):
    """Somebody lends their approvals to another for some days, up to a value.

    Only who is named in a step lends: what was lent cannot be lent on, so no circle can arise.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    delegator = models.ForeignKey(
        "organisations.Membership", models.PROTECT, related_name="delegations_given"
    )
    delegate = models.ForeignKey(
        "organisations.Membership", models.PROTECT, related_name="delegations_held"
    )
    limit_amount = models.DecimalField(max_digits=14, decimal_places=2)
    from_on = models.DateField()
    until_on = models.DateField()
    reason = models.TextField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["Delegation"].as_manager()

    class Meta:
        verbose_name = _("stand-in")
        constraints = [
            models.CheckConstraint(
                name="delegation_to_another", condition=~Q(delegator=F("delegate"))
            ),
            models.CheckConstraint(
                name="delegation_ends_after_start", condition=Q(until_on__gte=F("from_on"))
            ),
            models.CheckConstraint(
                name="delegation_limit_positive", condition=Q(limit_amount__gt=0)
            ),
            models.CheckConstraint(name="delegation_has_reason", condition=~Q(reason="")),
            ExclusionConstraint(
                name="delegation_one_at_a_time",
                expressions=[
                    (F("delegator"), RangeOperators.EQUAL),
                    (F("delegate"), RangeOperators.EQUAL),
                    (
                        Func(F("from_on"), F("until_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["delegate", "until_on"],
                condition=Q(ended_at__isnull=True),
                name="delegation_by_delegate",
            ),
        ]
