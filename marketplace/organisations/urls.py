"""Addresses of this package's pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from marketplace.organisations.views import acting, council, links, people, suppliers, tokens


class Alphanumeric(StringConverter):
    """Letters and digits, so that a hyphen after them divides."""

    regex = "[0-9A-Za-z]+"


register_converter(Alphanumeric, "alphanumeric")

urlpatterns = [
    path("demo/", acting.demo, name="demo"),
    path("switch/", acting.switch, name="switch"),
    path("second-step/", acting.second_factor, name="second-factor"),
    # In the place of allauth's own, whose name it keeps.
    path(
        "account/password/reset/key/<alphanumeric:uidb36>-<str:key>/",
        links.password_from_link,
        name="account_reset_password_from_key",
    ),
    path("council/", council.council_settings, name="council-settings"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.person_invite, name="person-invite"),
    path("people/<uuid:membership_id>/", people.person, name="person"),
    path(
        "people/<uuid:membership_id>/deactivate/",
        people.person_deactivate,
        name="person-deactivate",
    ),
    path(
        "people/<uuid:membership_id>/reactivate/",
        people.person_reactivate,
        name="person-reactivate",
    ),
    path(
        "people/<uuid:membership_id>/invite-again/",
        people.person_invite_again,
        name="person-invite-again",
    ),
    path("suppliers/", suppliers.suppliers, name="suppliers"),
    path("suppliers/find/", suppliers.suppliers_find, name="suppliers-find"),
    path("suppliers/register/", suppliers.supplier_register, name="supplier-register"),
    path("suppliers/<uuid:supplier_id>/accept/", suppliers.supplier_accept, name="supplier-accept"),
    path("suppliers/<uuid:link_id>/", suppliers.supplier, name="supplier-link"),
    path("suppliers/<uuid:link_id>/suspend/", suppliers.supplier_suspend, name="supplier-suspend"),
    path("suppliers/<uuid:link_id>/lift/", suppliers.supplier_lift, name="supplier-lift"),
    path("suppliers/<uuid:link_id>/local/", suppliers.supplier_local, name="supplier-local"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.token_new, name="token-new"),
    path("tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token-revoke"),
]
