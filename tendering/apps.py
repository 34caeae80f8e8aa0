from django.apps import AppConfig


class TenderingConfig(AppConfig):
    name = "tendering"
    label = "tendering"
