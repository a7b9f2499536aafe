"""The worker: background work from the queue, and the sequencer of the log."""

from __future__ import annotations

import asyncio
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from openbeat.ops.sequencing import keep_sequencing


class Command(BaseCommand):
    """Works until it is stopped."""

    help = "Do background work and sign the log, until stopped"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many jobs at once."""
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run both until a signal ends the worker."""
        stop = threading.Event()
        sequencer = threading.Thread(target=keep_sequencing, args=(stop,), name="sequencer")
        sequencer.start()
        try:
            asyncio.run(work(options["concurrency"]))
        finally:
            stop.set()
            sequencer.join(30)


async def work(concurrency: int) -> None:
    """Take jobs until SIGINT or SIGTERM; those under way are finished first."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    async with app.with_connector(connector).open_async() as worker:
        await worker.run_worker_async(concurrency=concurrency, delete_jobs="successful", shutdown_graceful_timeout=20)
