"""The worker: background work from the queue, the sequencer of the log, and an eye on work that stalled."""

from __future__ import annotations

import asyncio
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

from openbeat.ops.sequencing import keep_sequencing
from openbeat.ops.stalled import keep_taking_up


class Command(BaseCommand):
    """Works until it is stopped."""

    help = "Do background work and sign the log, until stopped"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many jobs at once."""
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run all of it until a signal ends the worker."""
        app.perform_import_paths()  # type: ignore[no-untyped-call]
        stop, lead = threading.Event(), Lead()
        watches = [
            threading.Thread(target=keep_sequencing, args=(stop,), name="sequencer"),
            threading.Thread(target=keep_taking_up, args=(stop, lead.number), name="stalled work"),
        ]
        for watch in watches:
            watch.start()
        try:
            asyncio.run(lead.work(options["concurrency"]))
        finally:
            stop.set()
            for watch in watches:
                watch.join(30)


class Lead:
    """The one who takes jobs from the queue; its number tells its jobs from those of workers that are gone."""

    def __init__(self) -> None:
        self.worker: Worker | None = None

    def number(self) -> int | None:
        """The worker's number in the database, once it has one."""
        return self.worker.worker_id if self.worker else None

    async def work(self, concurrency: int) -> None:
        """Take jobs until SIGINT or SIGTERM; those under way are finished first."""
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
        async with app.with_connector(connector).open_async() as opened:
            self.worker = Worker(
                opened, concurrency=concurrency, delete_jobs="successful", shutdown_graceful_timeout=20
            )
            await self.worker.run()  # type: ignore[no-untyped-call]
