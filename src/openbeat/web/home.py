"""The first page of each role: what needs me now."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What needs this person now, by the roles held."""
    return render(request, "home/home.html")


urlpatterns = [path("", home, name="home")]
