"""Whom suppliers want to be paid to, and runs of payments with two people's hands on each."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.invoices import Invoice
from invoicing.states import RUN, RunStatus
from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.documents.models import Document

RUN_STATUS_LABELS = {
    RunStatus.PREPARED: _("Waiting for a second person"),
    RunStatus.APPROVED: _("Approved"),
    RunStatus.EXPORTED: _("File made for the bank"),
    RunStatus.SETTLED: _("Paid by the bank"),
    RunStatus.VOID: _("Given up"),
}


class SupplierAccount(Row):
    """An account that a supplier said it wants to be paid to; added and never changed.

    The latest is the one that counts. Units: `sort_code` six digits, `account_number` eight.
    """

    tenant_columns = ("supplier_id",)

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    name = models.CharField(max_length=140)
    sort_code = models.CharField(max_length=6)
    account_number = models.CharField(max_length=8)
    iban = models.CharField(max_length=34, blank=True)
    added_at = models.DateTimeField()
    added_by_id = models.UUIDField()
    added_by_name = models.CharField(max_length=200)

    objects = TenantQuerySet["SupplierAccount"].as_manager()

    class Meta:
        verbose_name = _("supplier’s account")
        constraints = [
            models.CheckConstraint(
                name="supplieraccount_digits",
                condition=Q(sort_code__regex="^[0-9]{6}$", account_number__regex="^[0-9]{8}$"),
            ),
            models.CheckConstraint(name="supplieraccount_has_name", condition=~Q(name="")),
        ]
        indexes = [models.Index(fields=["supplier", "-id"], name="supplieraccount_latest")]

    @property
    def reference(self) -> str:
        """What people may know it by: the whole number is for the bank alone."""
        return f"••••{self.account_number[-4:]}"


class AccountConfirmation(Row):
    """One council made sure, by another way, that an account is the supplier's; never changed.

    Why: a changed account is how councils are robbed; the details on the letter that asks for it
    are the robber's, so who was called stands here.
    `returned` is the payment to the account that had come back last: once another comes back,
    somebody has to make sure again.
    Source: LGA and National Fraud Authority guidance on changes of suppliers' bank details.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    account = models.ForeignKey(SupplierAccount, models.PROTECT, related_name="confirmations")
    spoke_to = models.CharField(max_length=200)
    spoke_by = models.CharField(max_length=200)
    returned = models.ForeignKey("Payment", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField()
    confirmed_by_id = models.UUIDField()
    confirmed_by_name = models.CharField(max_length=200)

    objects = TenantQuerySet["AccountConfirmation"].as_manager()

    class Meta:
        verbose_name = _("confirmation of an account")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "account", "returned"],
                name="accountconfirmation_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="accountconfirmation_says_how",
                condition=~Q(spoke_to="") & ~Q(spoke_by=""),
            ),
        ]


class PaymentRun(Row, Stateful):
    """What a council pays on one day in one file. What is in it is fixed when it is prepared.

    `frozen_sha256` is the hash of everything that will be paid: whom, to which account, how much,
    for which invoices. Whoever approves it approves that hash.
    Units: GBP.
    """

    tenant_columns = ("council_id",)
    machine = RUN

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    number = models.CharField(max_length=30)
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in RUN_STATUS_LABELS.items()],
        default=RunStatus.PREPARED.value,
    )
    pay_on = models.DateField()
    payer_name = models.CharField(max_length=140)
    payer_sort_code = models.CharField(max_length=6)
    payer_account_number = models.CharField(max_length=8)
    payments_count = models.PositiveIntegerField()
    total_amount = models.DecimalField(max_digits=14, decimal_places=2)
    frozen_sha256 = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    prepared_at = models.DateTimeField()
    prepared_by_id = models.UUIDField()
    prepared_by_name = models.CharField(max_length=200)
    approved_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=200, blank=True)
    exported_at = models.DateTimeField(null=True)
    exported_by_name = models.CharField(max_length=200, blank=True)
    file = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    settled_on = models.DateField(null=True)
    void_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)

    objects = TenantQuerySet["PaymentRun"].as_manager()

    class Meta:
        verbose_name = _("payment run")
        constraints = [
            models.UniqueConstraint(fields=["council", "number"], name="paymentrun_number_once"),
            models.CheckConstraint(
                name="paymentrun_status_known",
                condition=Q(status__in=[each.value for each in RunStatus]),
            ),
            models.CheckConstraint(
                name="paymentrun_two_people",
                condition=Q(approved_by_id__isnull=True) | ~Q(approved_by_id=F("prepared_by_id")),
            ),
            models.CheckConstraint(
                name="paymentrun_approved_has_approver",
                condition=~Q(
                    status__in=[
                        RunStatus.APPROVED.value,
                        RunStatus.EXPORTED.value,
                        RunStatus.SETTLED.value,
                    ]
                )
                | Q(approved_at__isnull=False, approved_by_id__isnull=False),
            ),
            models.CheckConstraint(
                name="paymentrun_exported_has_file",
                condition=~Q(status__in=[RunStatus.EXPORTED.value, RunStatus.SETTLED.value])
                | Q(exported_at__isnull=False, file__isnull=False),
            ),
            models.CheckConstraint(
                name="paymentrun_void_has_reason",
                condition=~Q(status=RunStatus.VOID.value)
                | (Q(void_at__isnull=False) & ~Q(void_reason="")),
            ),
            models.CheckConstraint(
                name="paymentrun_pays_something",
                condition=Q(total_amount__gt=0, payments_count__gte=1),
            ),
        ]
        indexes = [models.Index(fields=["council", "-id"], name="paymentrun_by_council")]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.number

    @property
    def is_settled(self) -> bool:
        """Tell whether the bank has paid it."""
        return self.status == RunStatus.SETTLED


class Payment(Row):
    """What one supplier is paid in a run, to which account as it was then; once it is in, fixed.

    `end_to_end_id` comes back from the bank, and is used once for ever. `sent_at` is when the file
    for the bank was made; the supplier sees it from then on. `settled_on` is the day on which the
    bank paid it, as the supplier may know too. `failed_at` says that the bank gave it
    back, after which its invoices are owed again.
    Units: GBP.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    run = models.ForeignKey(PaymentRun, models.PROTECT, related_name="payments")
    account = models.ForeignKey(SupplierAccount, models.PROTECT, related_name="+")
    payee_name = models.CharField(max_length=140)
    payee_sort_code = models.CharField(max_length=6)
    payee_account_number = models.CharField(max_length=8)
    end_to_end_id = models.CharField(max_length=35)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failed_reason = models.CharField(max_length=200, blank=True)
    settled_on = models.DateField(null=True)

    objects = TenantQuerySet["Payment"].as_manager()

    class Meta:
        verbose_name = _("payment")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "end_to_end_id"], name="payment_reference_once"
            ),
            models.UniqueConstraint(fields=["run", "supplier"], name="payment_one_a_supplier"),
            models.CheckConstraint(name="payment_above_nought", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_failed_has_reason",
                condition=Q(failed_at__isnull=True) | ~Q(failed_reason=""),
            ),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.end_to_end_id


class PaidInvoice(Row):
    """An invoice or a credit note in a payment. Units: GBP, below nought for a credit note.

    `is_open` ends when the run is given up or the bank gives the payment back; an invoice stands
    in one payment that is open, whoever asks at whatever moment.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="documents")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    is_open = models.BooleanField(default=True)

    objects = TenantQuerySet["PaidInvoice"].as_manager()

    class Meta:
        verbose_name = _("invoice in a payment")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(is_open=True), name="paidinvoice_paid_once"
            ),
            models.CheckConstraint(name="paidinvoice_is_something", condition=~Q(amount=0)),
        ]
