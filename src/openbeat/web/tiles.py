"""Basemaps by byte ranges (RFC 9110 §14): a map asks for a few kilobytes of one archive at a time."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from openbeat.kernel.errors import NotFound
from openbeat.places import store

MOST = 8 * 2**20
"""Bytes that one answer carries at most: a larger range is answered by its first part, as the standard allows."""
FOREVER = "public, max-age=31536000, immutable"
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@require_safe
def basemap_tiles(request: HttpRequest, basemap_id: UUID) -> HttpResponseBase:
    """An agency's basemap. Open to everyone, for it holds nothing but public map data; never changes under its name."""
    path = store.tiles(basemap_id)
    if not path.exists():
        raise NotFound("there is no such basemap")
    size = path.stat().st_size
    tag = f'"{basemap_id.hex}-{size}"'
    wanted = request.headers.get("Range", "") if request.headers.get("If-Range", tag) == tag else ""
    answer: HttpResponseBase
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    elif found := RANGE.fullmatch(wanted):
        answer = _part(request, path, size, found)
    else:
        answer = FileResponse(path.open("rb"), content_type="application/vnd.pmtiles")
    for name, value in (("Accept-Ranges", "bytes"), ("ETag", tag), ("Cache-Control", FOREVER)):
        answer.headers[name] = value
    return answer


def _part(request: HttpRequest, path: Path, size: int, found: re.Match[str]) -> HttpResponse:
    first, last = _bounds(found, size)
    if first >= size or last < first:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    last = min(last, first + MOST - 1)
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    content = b"" if request.method == "HEAD" else _read(path, first, last)
    return HttpResponse(content, status=206, content_type="application/vnd.pmtiles", headers=headers)


def _bounds(found: re.Match[str], size: int) -> tuple[int, int]:
    """The first and last byte asked for; a range without a first byte counts from the end."""
    first, last = found.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if last and int(last) else (size, size)
    return int(first), min(int(last), size - 1) if last else size - 1


def _read(path: Path, first: int, last: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(first)
        return stream.read(last - first + 1)
