"""Static files gathered for serving, compressed and named by their content; again only when one changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> bool:
    """Gathers them if any file changed since the last time; tells whether it did."""
    stamp = Path(settings.STATIC_ROOT) / ".gathered"
    mark = _mark()
    if stamp.exists() and stamp.read_text() == mark:
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(mark)
    return True


def _mark() -> str:
    """Changes when any static file's name, size or time does."""
    found = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list(None))
    facts = ((str(file), file.stat()) for file in sorted(found))
    lines = (f"{name} {fact.st_size} {fact.st_mtime_ns}" for name, fact in facts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
