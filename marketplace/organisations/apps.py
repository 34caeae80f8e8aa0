"""The Django application of organisations and people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    """Who is who, and for whom they act."""

    name = "marketplace.organisations"
    label = "organisations"

    def ready(self) -> None:
        """Put our pages in the menu, listen for second factors, and name who must have a trail."""
        from allauth.account.signals import user_logged_in  # noqa: PLC0415  # needs the apps
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415

        from marketplace.audit.selectors import expect_chains  # noqa: PLC0415
        from marketplace.organisations.devices import remember_device  # noqa: PLC0415
        from marketplace.organisations.selectors.people import (  # noqa: PLC0415
            organisations_joined,
        )
        from marketplace.organisations.signals import remember_second_factor  # noqa: PLC0415
        from marketplace.web.navigation import register  # noqa: PLC0415

        authenticator_added.connect(
            remember_second_factor, dispatch_uid="organisations.remember_second_factor"
        )
        user_logged_in.connect(remember_device, dispatch_uid="organisations.remember_device")
        # Whoever joins is recorded, so people without a trail mean that it was taken away.
        expect_chains(organisations_joined)
        register("suppliers", _("Suppliers"), ("administrator", "buyer", "finance"), order=60)
        register("people", _("People"), ("administrator", "supplier"), order=70)
        register("council-settings", _("Council"), ("administrator",), order=80)
