"""The fixed words of OGC API Features: what it conforms to, its collections, its OpenAPI document."""

from __future__ import annotations

from typing import Any

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
)

COLLECTIONS = {
    "areas": ("Incidents by area and month", "One feature for each area and month; small counts are hidden (null)."),
    "cells": ("Incidents by cell and month", "Cells of about 5 km² (H3 resolution 7); counts in steps of five."),
}

PARAMETERS = (
    ("limit", "How many features", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
    ("offset", "How many features to pass over", {"type": "integer", "minimum": 0, "default": 0}),
    ("bbox", "West,south,east,north in degrees", {"type": "string"}),
    ("datetime", "A day or an interval of days", {"type": "string"}),
)


def openapi(agency: str, base: str) -> dict[str, Any]:
    """The interface of one agency's open data, OpenAPI 3.0."""
    paths = {
        "/": _get("landing", "What there is"),
        "/conformance": _get("conformance", "What it conforms to"),
        "/collections": _get("collections", "Every collection"),
    }
    for name, (title, _description) in COLLECTIONS.items():
        paths[f"/collections/{name}"] = _get(f"collection_{name}", title)
        paths[f"/collections/{name}/items"] = _get(f"items_{name}", title, PARAMETERS)
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{agency}: open data", "version": "1.0.0"},
        "servers": [{"url": base}],
        "paths": paths,
    }


def _get(name: str, summary: str, parameters: tuple[tuple[str, str, dict[str, Any]], ...] = ()) -> dict[str, Any]:
    asked = [
        {"name": key, "in": "query", "required": False, "description": words, "schema": schema}
        for key, words, schema in parameters
    ]
    answer = {"200": {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {"get": {"operationId": name, "summary": summary, "parameters": asked, "responses": answer}}
