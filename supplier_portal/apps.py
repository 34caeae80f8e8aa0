from django.apps import AppConfig


class SupplierPortalConfig(AppConfig):
    name = "supplier_portal"
    label = "supplier_portal"
