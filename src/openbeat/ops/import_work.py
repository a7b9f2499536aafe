"""What the worker does with an import: the dry run, and bringing it in."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from openbeat.access import Actor
from openbeat.accounts.identity import agency_now
from openbeat.intake import actions, queries
from openbeat.intake.bringing import Tell
from openbeat.intake.queries import Import
from openbeat.intake.states import WORKING, State
from openbeat.kernel.errors import OpenbeatError
from openbeat.kernel.time import now
from openbeat.ops.tasks import task
from openbeat.seeing import progress
from openbeat.seeing.scope import scope


def _fail(actor: Actor, words: str, import_id: str) -> None:
    fresh = queries.one_import(actor, import_id)
    if fresh.state in WORKING:
        actions.fail_import(actor, fresh, words=words, at=agency_now(fresh.agency, now()))
    progress.forget(fresh.pk)


@task("intake.check", fails=_fail)
def check(actor: Actor, *, import_id: str) -> None:
    """Read the whole file and keep the report."""
    imported = queries.one_import(actor, import_id)
    if imported.state != State.CHECKING:
        return
    with _told(actor, imported), telling_aside(actor, imported) as tell:
        report = queries.dry_run(actor, imported, at=agency_now(imported.agency, now()), tell=tell)
        actions.finish_check(actor, imported, report=report)


@task("intake.bring_in", fails=_fail)
def bring_in(actor: Actor, *, import_id: str) -> None:
    """Bring the file in, all of it or nothing."""
    imported = queries.one_import(actor, import_id)
    if imported.state != State.IMPORTING:
        return
    with _told(actor, imported), telling_aside(actor, imported) as tell:
        actions.bring_in(actor, imported, at=agency_now(imported.agency, now()), tell=tell)


@contextmanager
def _told(actor: Actor, imported: Import) -> Iterator[None]:
    """What goes wrong is kept in words with the import; what nobody foresaw goes on to the worker's log too."""
    try:
        yield
    except OpenbeatError as error:
        _fail(actor, f"{error.words}. {error.mend}".strip(), str(imported.pk))
    except Exception as error:
        _fail(actor, f"the work broke off ({type(error).__name__}); nothing was imported", str(imported.pk))
        raise


@contextmanager
def telling_aside(actor: Actor, imported: Import) -> Iterator[Tell]:
    """Tell of progress on a connection of its own, so that it is seen before the import's transaction ends."""
    said: queue.Queue[tuple[float, str] | None] = queue.Queue()
    stop = threading.Event()

    def speak() -> None:
        try:
            with scope(actor):
                while (last := said.get()) is not None:
                    if progress.tell(imported.pk, imported.agency_id, *last):
                        stop.set()
        finally:
            connection.close()

    speaker = threading.Thread(target=speak, name="telling of progress")
    speaker.start()
    try:
        yield _tell(said, stop)
    finally:
        said.put(None)
        speaker.join()
        progress.forget(imported.pk)


def _tell(said: queue.Queue[tuple[float, str] | None], stop: threading.Event) -> Callable[[float, str], bool]:
    def tell(share: float, words: str) -> bool:
        said.put((share, words))
        return stop.is_set()

    return tell
