"""The web process: uvicorn on a socket that the supervisor keeps, so that a restart refuses nobody."""

from __future__ import annotations

import socket
import sys

import uvicorn

from openbeat.kernel import env


def main(descriptor: int) -> None:
    """Serves until asked to end; open streams get five seconds."""
    config = uvicorn.Config(
        "openbeat.asgi:application",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=env.flag("OPENBEAT_PROXY", default=False),
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
