"""The local stack on a port of its own, for what is tried on it."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

PATIENCE = 180  # seconds, on a busy machine with an emulated processor


@contextlib.contextmanager
def running(portal_local, **environment):
    """Starts it with these variables besides, and gives its port."""
    environment = os.environ | {"PORT": "0", "PARAMS": "", "DATA": ""} | environment
    stack = subprocess.Popen([portal_local], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = next((line for line in stack.stdout if line.startswith("Portal ")), None)
        if address is None:
            sys.exit("the local stack did not start")
        # Its log is read on, or it would wait for a reader.
        threading.Thread(target=lambda: [None for _ in stack.stdout], daemon=True).start()
        yield int(address.rstrip("/\n").rsplit(":", 1)[1])
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait()


def answered(port, method, path, body=None, **headers):
    """The answer of the portal, as if to a page of its own, and the answer's body."""
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request(method, path, body, headers={"sec-fetch-site": "same-origin"} | headers)
    answer = connection.getresponse()
    return answer, answer.read()


def local(port, what):
    """What `/_local/<what>` answers."""
    return json.loads(answered(port, "GET", f"/_local/{what}")[1])


def soon(what, ask):
    """Asks until there is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.1)
    sys.exit(f"{what} did not come within {PATIENCE} s")
