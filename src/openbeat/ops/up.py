"""`openbeat up`: database, migrations, first data, web and worker, in order; and all of it down again, in order."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from openbeat.kernel import env
from openbeat.kernel.errors import Misconfigured
from openbeat.ops import database, marks, postgres, telling
from openbeat.ops.database import Connections
from openbeat.ops.paths import Var, here, make_folder
from openbeat.ops.supervisor import Child, StopAsked, Wishes, end_in_order, end_orphans, put_aside, tied

PORTS_TRIED = 50
HEALTH_PATIENCE = 120.0
"""Seconds until the web process must answer."""
CHILDREN = ("worker", "web")


def up(city: str = "") -> int:
    """Runs the service in this terminal until Ctrl-C. Where it runs already, says so and leaves it alone.

    `city` is the folder of a city to load, empty for the sample, `none` for no city.
    """
    var = here()
    make_folder(var.root)
    os.environ["OPENBEAT_VAR"] = str(var.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeat.settings")
    with marks.only_one(var.run / "up.lock") as mine:
        if not mine:
            telling.say(f"Openbeat runs already: {_address_when_known(var)}")
            return 0
        return Service(var).run(city)


def stop() -> int:
    """Stops a service that runs elsewhere, and a database that nobody uses any more."""
    var = here()
    process = marks.living(var.run / "up.json")
    if process is not None:
        end_in_order(process, 120)
    stopped = database.stop_if_unused(var)
    telling.say("Openbeat has stopped." if process or stopped else "Openbeat does not run.")
    return 0


class Service:
    """One run of the service: what it started, and the wishes it hears."""

    def __init__(self, var: Var) -> None:
        self.var = var
        self.wishes = Wishes()
        self.children: list[Child] = []

    def run(self, city: str) -> int:
        """Everything from the start to the end."""
        self.wishes.listen()
        try:
            end_orphans(self.var, CHILDREN)
            self._run_on_database(city)
        except StopAsked:
            telling.say("Openbeat has stopped. Everything is saved.")
        finally:
            (self.var.run / "up.json").unlink(missing_ok=True)
        return 0

    def _run_on_database(self, city: str) -> None:
        with database.in_use(self.var, say=telling.say, pause=self.wishes.pause) as connections:
            connections.export()
            with listen() as listener:
                address = f"http://{_host()}:{listener.getsockname()[1]}"
                os.environ.setdefault("OPENBEAT_BASE_URL", address)
                marks.leave(self.var.run / "up.json", address=os.environ["OPENBEAT_BASE_URL"])
                links = self._make_ready(city)
                try:
                    self._start_children(listener)
                    greet(os.environ["OPENBEAT_BASE_URL"], links)
                    self._watch(connections)
                finally:
                    for child in reversed(self.children):
                        child.stop(self.wishes)

    def _make_ready(self, city: str) -> list[dict[str, str]]:
        """Migrations, static files and first data, in a process of their own; its answer is the sign-in links."""
        command = [sys.executable, "-m", "openbeat.ops.main", "manage", "ready"]
        command += ["--city", city] if city else []
        with subprocess.Popen(tied(command), stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
            try:
                while process.poll() is None:
                    self.wishes.pause(0.05)
            except StopAsked:
                process.terminate()
                raise
            said = process.stdout.read() if process.stdout else ""
        if process.returncode != 0:
            raise Misconfigured("the database or the first data could not be made ready", mend="see the lines above")
        return list(json.loads(said))

    def _start_children(self, listener: socket.socket) -> None:
        descriptor = listener.fileno()
        web = Child(
            self.var, "web", [sys.executable, "-m", "openbeat.ops.web", str(descriptor)],
            patience=10, descriptors=[descriptor],
        )  # fmt: skip
        worker = Child(self.var, "worker", [sys.executable, "-m", "django", "work"], patience=30)
        self.children = [web, worker]
        with telling.step("starting web and worker"):
            for child in self.children:
                child.start()
            self._wait_for_health(listener.getsockname()[1])

    def _wait_for_health(self, port: int) -> None:
        end = time.monotonic() + HEALTH_PATIENCE
        while not healthy(port):
            self._look()
            if time.monotonic() > end:
                web = self.children[0]
                raise Misconfigured(
                    f"web does not answer. It said last:\n{web.last_words()}", mend=f"look into {web.log}"
                )
            self.wishes.pause(0.1)

    def _watch(self, connections: Connections) -> None:
        """Looks after everything, several times a second, until asked to stop."""
        ticks = 0
        while True:
            self.wishes.pause(0.2)
            self._look()
            ticks += 1
            if connections.server and ticks % 5 == 0:
                self._keep_database(connections.server)
            if ticks % 300 == 0:
                for log in self.var.log.glob("*.log"):
                    put_aside(log)

    def _look(self) -> None:
        for child in self.children:
            child.look(time.monotonic())

    def _keep_database(self, server: postgres.Server) -> None:
        """Starts the embedded database again if it ended; on the same port, or everything moves with it."""
        if postgres.running(self.var):
            return
        telling.say("the database ended; starting it again", style="yellow")
        again = postgres.start(self.var, say=telling.say, pause=self.wishes.pause)
        if again.port != server.port:
            raise Misconfigured("another program took the database's port meanwhile", mend="start Openbeat again")


def listen() -> socket.socket:
    """A listening socket at OPENBEAT_PORT, or at the next free port after it."""
    first = env.number("OPENBEAT_PORT", 8000, least=1, most=65535)
    for port in range(first, first + PORTS_TRIED):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_host(), port))
            listener.listen(1024)
        except OSError:
            listener.close()
            continue
        return listener
    raise Misconfigured(f"no port from {first} to {first + PORTS_TRIED - 1} is free", mend="set OPENBEAT_PORT")


def _host() -> str:
    return env.text("OPENBEAT_HOST", "127.0.0.1")


def healthy(port: int) -> bool:
    """Whether the service says of itself that it works."""
    connection = http.client.HTTPConnection(_host(), port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": _served_name()})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _served_name() -> str:
    """A host name that the service answers to."""
    return env.words("OPENBEAT_HOSTS", "127.0.0.1")[0].replace("*", "localhost").lstrip(".")


def greet(address: str, links: Sequence[dict[str, str]]) -> None:
    """The address, and how to sign in for the first time."""
    telling.say(f"\nOpenbeat runs at {address}\n", style="bold")
    if links:
        telling.say("Sign in as (each link works once, for 15 minutes):")
        for link in links:
            telling.say(f"  {link['role']:<16} {link['link']}")
    telling.say("\nCtrl-C stops it.")


def _address_when_known(var: Var) -> str:
    return marks.fact(var.run / "up.json", "address") or "it is still starting"
