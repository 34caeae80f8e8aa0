"""The forms of signing in, with each field called one thing, in its label as in its mistakes."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _


class _Called(forms.Form):
    """A form some of whose fields are called otherwise than in the one that it extends."""

    labels: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # allauth's own
        super().__init__(*args, **kwargs)
        for name, label in self.labels.items():
            self.fields[name].label = label


class EnterForm(_Called, LoginForm):  # type: ignore[misc]  # allauth has no types
    """Signing in."""

    labels: ClassVar = {"login": _("Email address")}


class ForgottenForm(_Called, ResetPasswordForm):  # type: ignore[misc]  # as above
    """Asking for a new password."""

    labels: ClassVar = {"email": _("Email address")}


class NewEmailForm(_Called, AddEmailForm):  # type: ignore[misc]  # as above
    """Another address of one's own."""

    labels: ClassVar = {"email": _("New email address")}


class OtherPasswordForm(_Called, ChangePasswordForm):  # type: ignore[misc]  # as above
    """Another password, by somebody who knows the present one."""

    labels: ClassVar = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password once more"),
    }


class LinkPasswordForm(_Called, ResetPasswordKeyForm):  # type: ignore[misc]  # as above
    """A password, by somebody who came by a link of ours."""

    labels: ClassVar = {"password1": _("Password"), "password2": _("Password once more")}
