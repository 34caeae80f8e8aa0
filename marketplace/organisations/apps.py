"""The Django application of organisations and people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    """Who is who, and for whom they act."""

    name = "marketplace.organisations"
    label = "organisations"

    def ready(self) -> None:
        """Put our pages in the menu, and listen for second factors."""
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415  # needs the apps

        from marketplace.organisations.signals import remember_second_factor  # noqa: PLC0415
        from marketplace.web.navigation import register  # noqa: PLC0415

        authenticator_added.connect(
            remember_second_factor, dispatch_uid="organisations.remember_second_factor"
        )
        register("suppliers", _("Suppliers"), ("administrator", "buyer", "finance"), order=60)
        register("people", _("People"), ("administrator", "supplier"), order=70)
        register("council-settings", _("Council"), ("administrator",), order=80)
