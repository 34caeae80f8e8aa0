from django.urls import path

from marketplace.documents import views

urlpatterns = [path("documents/<uuid:document_id>/", views.document, name="document")]
