"""Ports for servers that tests start. Knows the loopback interface; no server."""

from __future__ import annotations

import random
import socket


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on. Another process may still take it first: a server that can't bind tries again."""
    # Below the range from which the kernel gives ports to clients, so that none of ours is lent away.
    for port in random.sample(range(20_000, 32_000), 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port between 20000 and 32000")
