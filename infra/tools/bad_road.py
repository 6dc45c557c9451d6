"""A road to the portal that loses, cuts and delays what senders post, and a look at what came of it."""

import collections
import contextlib
import http.client
import http.server
import os
import pathlib
import sqlite3
import threading
import time

from local_stack import local

HTTPS = pathlib.Path(__file__).parents[1] / "events/senders/https"
RETRY_AFTER = 2  # seconds that the road asks for
LATE = 12  # seconds: longer than the snippets wait for an answer
# What becomes of the requests of a snippet, in their order; those that follow arrive.
TROUBLE = ["500", "429", "cut", "lost", "late"]


class Road(http.server.BaseHTTPRequestHandler):
    """A proxy before the portal. What it does to the next requests stands in the server's `plan`, what came in its `seen`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        does = self.server.plan.popleft() if self.server.plan else "passes"
        status, headers, answer = 0, {}, b"{}"
        if does in ("500", "429"):
            status, headers = int(does), {"retry-after": str(RETRY_AFTER)}
        elif does != "cut":
            status, headers, answer = self.passed_on(body.replace(b"bkg", b"bgk") if does == "tamper" else body)
        self.server.seen.append((self.headers["webhook-id"], body, does, status, time.monotonic()))
        if does in ("cut", "lost", "late"):
            time.sleep(LATE if does == "late" else 0)
            self.close_connection = True
        else:
            self.answer(status, headers, answer)

    def passed_on(self, body):
        connection = http.client.HTTPConnection(self.server.portal)
        names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
        connection.request("POST", self.path, body, {name: self.headers[name] for name in names})
        answer = connection.getresponse()
        return answer.status, {"content-type": answer.headers["content-type"]}, answer.read()

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a sender that waits no longer


@contextlib.contextmanager
def serving(handler, **attributes):
    with Server(("127.0.0.1", 0), handler) as server:
        vars(server).update(attributes)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def road(webhook, folder, name):
    """A road of its own, and the variables of a sender that takes it."""
    portal = webhook["url"].removeprefix("http://").removesuffix("/events")
    with serving(Road, portal=portal, plan=collections.deque(), seen=[]) as server:
        yield server, os.environ | {"WEBHOOK_URL": f"http://127.0.0.1:{server.server_port}/events", "BOOKINGS": str(folder / f"{name}.db"),
                                    "WEBHOOK_SECRET": webhook["secret"], "PYTHONDONTWRITEBYTECODE": "1"}


def waiting(environment):
    """What is in a sender's outbox: id and why it was refused."""
    with contextlib.closing(sqlite3.connect(environment["BOOKINGS"])) as database:
        return dict(database.execute("SELECT webhook_id, refused FROM outbox"))


def applied(port, booking):
    """How often the portal says that it applied an event of a booking."""
    lines = [line["line"] for line in local(port, "log")]
    return sum("an event was applied" in line and f'booking {booking}"' in line for line in lines)
