"""Search without a script: the same places and acts as the palette behind Ctrl-K."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from openbeat.web.frame import frame


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Places and acts whose words begin with every word asked for."""
    asked = request.GET.get("q", "").strip()
    commands = frame(request)["frame"]["commands"]
    found = [command for command in commands if fits(command, asked)]
    return render(request, "search/search.html", {"asked": asked, "found": found})


def fits(command: dict[str, Any], asked: str) -> bool:
    """Whether each word asked for begins a word of the command."""
    known = f"{command['name']} {command.get('keywords', '')}".casefold().split()
    return all(any(word.startswith(each) for word in known) for each in asked.casefold().split())


urlpatterns = [path("search", search, name="search")]
