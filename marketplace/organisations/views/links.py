"""What a link from a letter opens: a new password, or the first one of somebody invited."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import UserTokenForm
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.flows.password_reset import (
    perform_password_reset_login,
    reset_password,
)
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.views import INTERNAL_RESET_SESSION_KEY, PasswordResetFromKeyView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from marketplace.core.errors import Missing
from marketplace.core.tenancy import tenant
from marketplace.organisations import sessions
from marketplace.organisations.models import Membership, User
from marketplace.organisations.selectors.people import invitations_to, memberships_of
from marketplace.organisations.services.people import accept_invitation
from marketplace.web.access import access


@access("public")
@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password1", "password2")
def password_from_link(request: HttpRequest, uidb36: str, key: str) -> HttpResponseBase:
    """Let somebody choose a password by a link, once nobody else is signed in here."""
    is_kept = key == PasswordResetFromKeyView.reset_url_key
    key_in_use = request.session.get(INTERNAL_RESET_SESSION_KEY, "") if is_kept else key
    token = UserTokenForm(data={"uidb36": uidb36, "key": key_in_use})
    owner = token.reset_user if token.is_valid() else None
    if owner and request.user.is_authenticated and request.user.pk != owner.pk:
        if "sign_out" not in request.POST:
            return render(request, "organisations/somebody_else.html", {"owner": owner})
        logout(request, show_message=False)
        request.session[INTERNAL_RESET_SESSION_KEY] = key_in_use
        return redirect(request.path)
    view: HttpResponseBase = PasswordByLink.as_view()(request, uidb36=uidb36, key=key)
    return view


class PasswordByLink(PasswordResetFromKeyView):  # type: ignore[misc]  # allauth has no types
    """The page behind such a link.

    Why: somebody who was invited has forgotten nothing. The link has proven their address, so
    their first password lets them in at once; a later one does not, since whoever has got into a
    mailbox should still stumble over something.
    """

    reset_user: User | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401  # allauth's signature
        """Return what the page shows: in whose organisation somebody new will be."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        if _is_new(self.reset_user):
            page |= {"newcomer": self.reset_user, "invitation": _only_invitation(self.reset_user)}
        return page

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401  # allauth's form
        """Keep the password; let somebody new in, and into the organisation that they saw."""
        user = self.reset_user
        if user is None or not _is_new(user):
            changed: HttpResponse = super().form_valid(form)
            return changed
        reset_password(user, form.cleaned_data["password1"])
        self.request.session.pop(INTERNAL_RESET_SESSION_KEY, None)
        answer: HttpResponse = perform_password_reset_login(self.request, user, email=user.email)
        if self.request.user.is_authenticated:
            # They have just shown the password, twice: the second step asks for it no third time.
            reauthenticate_by_password(self.request)
            self._join(user, self.request.POST.get("membership", ""))
        return answer

    def _join(self, user: User, wanted: str) -> None:
        with tenant(None, user.pk):
            invitation = _only_invitation(user)
            if invitation is None or str(invitation.pk) != wanted:
                return  # another one than they saw: the next page asks
            try:
                joined = accept_invitation(
                    user_id=user.pk, membership_id=invitation.pk, at=timezone.now()
                )
            except Missing:
                return  # withdrawn at this instant
            sessions.act_as(self.request, joined)


def _is_new(user: User | None) -> bool:
    return user is not None and not user.has_usable_password()


def _only_invitation(user: User | None) -> Membership | None:
    """Return the invitation that somebody's first password accepts, if there is no choice."""
    if user is None:
        return None
    with tenant(None, user.pk):
        if memberships_of(user.pk).exists():
            return None
        offered = list(invitations_to(user.pk)[:2])
    return offered[0] if len(offered) == 1 else None
