"""The sequencer's watch: steps four times a second, tells how it fares, and never signs past a contradiction."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection

from openbeat.audit.sequencer import Sequencer, take_lock
from openbeat.kernel.time import now
from witness.failures import Failure

PAUSE = 0.25
"""Seconds between steps: a checkpoint follows its entries within a second."""

PAUSE_AFTER_FAILURE = 10.0

log = structlog.get_logger("sequencer")


def keep_sequencing(stop: threading.Event) -> None:
    """Until told to stop. A named failure of the log is told and looked at again, never overridden."""
    while not stop.is_set():
        pause = PAUSE
        try:
            close_old_connections()
            if take_lock():
                _sequence(stop)
        except (Failure, Error, OSError) as failure:
            pause = PAUSE_AFTER_FAILURE
            log.error("sequencer.stopped", failure=type(failure).__name__, words=str(failure))
            tell(state=type(failure).__name__, words=str(failure))
        finally:
            connection.close()  # gives the lock back
        stop.wait(pause)


def _sequence(stop: threading.Event) -> None:
    sequencer = Sequencer()
    try:
        while not stop.is_set():
            done = sequencer.step()
            tell(state="signing", size=done.size)
            if not done.added:
                stop.wait(PAUSE)
    finally:
        with suppress(Error):
            sequencer.close()


def tell(**facts: object) -> None:
    """Leave word of the sequencer's state for `openbeat doctor` and the home pages."""
    path = settings.VAR / "run" / "sequencer.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"at": now().isoformat(), **facts}))
    fresh.replace(path)
