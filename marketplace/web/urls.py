"""Addresses of this package."""

from django.urls import path

from marketplace.web import views

urlpatterns = [
    path("problems/", views.problem_list, name="problems"),
    path("problems/<str:code>/", views.problem, name="problem"),
    path("theme/<str:colour>.css", views.theme, name="theme"),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
]
