"""Runs the snippets of infra/events/senders/https against the local stack, over a road that loses and delays requests.

    webhooks.py PORTAL_LOCAL NODE_MODULES

NODE_MODULES is a folder with what the TypeScript snippet imports, with a Node that has SQLite, and with TypeScript itself.
"""

import collections
import concurrent.futures
import contextlib
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import local_stack
from local_stack import local, soon
from senders import LONG, PDF, mail_to, page, signed_in

PROJECT = pathlib.Path(__file__).parents[2]
HTTPS = PROJECT / "infra/events/senders/https"
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


class Sender:
    """A snippet in one language."""

    def __init__(self, name, command, port, server, environment):
        self.name, self.command, self.port, self.server, self.environment = name, command, port, server, environment

    def run(self, *arguments, **other):
        return subprocess.run([*self.command, *arguments], env=self.environment | other, timeout=LONG, text=True, stderr=subprocess.PIPE)

    def fails(self, what):
        sys.exit(f"{self.name}: {what}; on the road was {[seen[2:4] for seen in self.server.seen]}")

    def books(self, which, *arguments):
        if (done := self.run("book", f"bkg_{self.name}_{which}", *arguments)).returncode != 0:
            self.fails(f"a booking was not saved: {done.stderr}")

    def stops(self, why, **other):
        """Delivering ends at once, for a signature that the portal does not know, and says so; nothing is lost."""
        before = waiting(self.environment)
        done = self.run("deliver", **other)
        if done.returncode == 0 or "signature" not in done.stderr or waiting(self.environment) != before:
            self.fails(f"{why} should have stopped it: {done.stderr}")

    def delivers(self):
        if (done := self.run("deliver")).returncode != 0:
            self.fails(f"not delivered: {done.stderr}")
        return done.stderr

    def held_to_its_word(self, events):
        """Whatever was sent again was the same, under the same webhook-id, and not before the time that was asked for."""
        bodies, asked_at = collections.defaultdict(set), {}
        for webhook_id, body, does, _, at in sorted(self.server.seen, key=lambda seen: seen[-1]):
            if webhook_id in asked_at and at - asked_at.pop(webhook_id) < RETRY_AFTER:
                self.fails("it was sent again before Retry-After")
            if does == "429":
                asked_at[webhook_id.removesuffix("_pdf")] = asked_at[webhook_id] = at
            bodies[webhook_id].add(body)
        if any(len(different) != 1 for different in bodies.values()):
            self.fails("another body was sent under a webhook-id that was used")
        if len({webhook_id.removesuffix("_pdf") for webhook_id in bodies}) != events:
            self.fails(f"{events} events were sent under {len(bodies)} webhook-ids")


def sends(sender, folder):
    """Books four times, through every trouble, and looks what customers see of it."""
    started, name = time.monotonic(), sender.name
    agreement = folder / f"{name}.pdf"
    agreement.write_bytes(PDF + name.encode())
    address = f"{name}.https@example.com"
    sender.books("a", address, str(agreement))
    sender.books("b", f"b.{address}")
    sender.books("c", "no address")
    sender.books("d", f"d.{address}")
    sender.stops("a wrong secret", WEBHOOK_SECRET="whsec_" + "A" * 64)
    sender.server.plan.extend(["tamper"])
    sender.stops("a body that was changed on the way")
    sender.server.plan.extend(TROUBLE)
    said = sender.delivers()
    refused = [why for why in waiting(sender.environment).values() if why]
    if len(waiting(sender.environment)) != 1 or len(refused) != 1 or "customer.email" not in refused[0] or "422" not in said:
        sender.fails(f"what breaks the contract is not refused alone: {refused}, {said}")
    if sender.server.plan or {seen[2] for seen in sender.server.seen} < {*TROUBLE, "tamper", "passes"}:
        sender.fails("it had less trouble than was planned")
    sender.held_to_its_word(4)
    cookie = signed_in(sender.port, address)
    answer, shown = page(sender.port, f"/bookings/bkg_{name}_a", cookie)
    if answer.status != 200 or "Rental agreement" not in shown:
        sender.fails(f"the booking is not there with its document: {answer.status}")
    answer, _ = page(sender.port, f"/bookings/bkg_{name}_a/documents/agreement", cookie)
    if (place := answer.headers["location"]) is None:
        sender.fails(f"the document does not open: {answer.status}")
    place = place.removeprefix("http://").split("/", 1)
    storage = http.client.HTTPConnection(place[0])
    storage.request("GET", f"/{place[1]}")
    if storage.getresponse().read() != agreement.read_bytes():
        sender.fails("the document is another")
    for which in "bd":
        soon(f"a mail about {which} of {name}", lambda which=which: mail_to(sender.port, f"{which}.{address}"))
    counts = {which: applied(sender.port, f"bkg_{name}_{which}") for which in "abcd"}
    if counts != {"a": 1, "b": 1, "c": 0, "d": 1}:
        sender.fails(f"not everything was applied once: {counts}")
    sender.books("b", f"b.{address}")
    sender.delivers()
    soon(f"the second revision of {name}", lambda: applied(sender.port, f"bkg_{name}_b") == 2)
    mails = [mail["to"][0] for mail in local(sender.port, "mails") if mail["to"][0].endswith(address)]
    if sorted(mails) != sorted({*mails}) or len(mails) != 3:
        sender.fails(f"three customers got {len(mails)} mails")
    return f"{name:10} delivered 4 of 5 events over a bad road in {time.monotonic() - started:.0f} s, each once, and set aside the fifth, which breaks the contract"


def changes(port, webhook, folder):
    """The cron recipe: what a database has, what changes in it, what commits late, and what is deleted."""
    with road(webhook, folder, "changed") as (server, environment):
        def run():
            subprocess.run([sys.executable, str(HTTPS / "changed.py")], env=environment, check=True, timeout=LONG)

        def changed(*statements):
            with contextlib.closing(sqlite3.connect(environment["BOOKINGS"])) as database, database:
                for statement in statements:
                    database.execute(*statement)

        def told(booking, times):
            soon(f"event {times} of {booking}", lambda: applied(port, f"bkg_{booking}") >= times)
            if (count := applied(port, f"bkg_{booking}")) != times:
                sys.exit(f"cron: {booking} was applied {count} times and not {times}")

        run()  # makes the view
        now = int(time.time() * 1000)
        date = datetime.datetime.now(datetime.timezone.utc)
        begins, ends = ((date + datetime.timedelta(days)).isoformat() for days in (20, 23))
        row = "INSERT INTO bookings VALUES (?, ?, 'booked', 'cron@example.com', 'Ana Ruiz', ?, ?, '4-Seater', 18810, 18810, ?)"
        changed(*[(row, (i, f"CRON-{i}", begins, ends, now - 600_000 + i)) for i in range(9001, 9031)])
        server.plan.extend(["500", "lost"])
        run()
        for i in (9001, 9030):
            told(i, 1)
        changed((row, (9100, "CRON-9100", begins, ends, now - 600_000 - 1000)),  # committed late
                ("UPDATE bookings SET state = 'out', updated_at = ? WHERE id = 9001", (now,)), ("DELETE FROM bookings WHERE id = 9002", ()))
        run()
        for i, times in ((9100, 1), (9001, 2), (9002, 2), (9003, 1)):
            told(i, times)
        if waiting(environment):
            sys.exit(f"cron: left in the outbox: {waiting(environment)}")
    answered = local_stack.answered(port, "POST", "/sign-in", "email=cron@example.com", **{"content-type": "application/x-www-form-urlencoded"})
    cookie = signed_in(port, "cron@example.com")
    _, shown = page(port, "/bookings/bkg_9002", cookie)
    if "This booking is canceled" not in shown:
        sys.exit(f"cron: a deleted booking does not show as canceled, {answered[0].status}")
    return "cron       31 bookings of a database, one changed, one deleted, one committed late: each told once"


class Service(http.server.BaseHTTPRequestHandler):
    """A booking service whose webhook says only which booking changed. Its server has `bookings`, and `down` says that it is."""

    def do_GET(self):
        booking = self.server.bookings.get(self.path.rpartition("/")[2])
        known = self.headers["authorization"] == "Bearer token-of-the-service"
        status = 503 if self.server.down else 401 if not known else 404 if booking is None else 200
        body = json.dumps(booking).encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def adapter(environment):
    """The adapter, and the port where it listens; killed at the end."""
    command = [sys.executable, str(HTTPS / "adapter.py"), "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.kill()
        process.wait()


def adapts(port, webhook, folder):
    """The adapter: what it refuses, a service that is down, a portal that is down while the adapter is killed."""
    def booking(number, updated_at, state="booked"):
        date = datetime.datetime.now(datetime.timezone.utc)
        begins, ends = ((date + datetime.timedelta(days)).isoformat() for days in (20, 23))
        return {"id": number, "code": f"SVC-{number}", "state": state, "updated_at": updated_at, "zone": "America/New_York", "from": begins, "to": ends,
                "guest": {"email": f"svc{number}@example.com", "full_name": "Ana Ruiz"}, "items": [{"model": "6-Seater Premium"}],
                "currency": "USD", "total": 18810, "paid": 0}

    def notified(to, number, secret=b"secret of the service", body=None):
        body = body if body is not None else json.dumps({"type": "booking.changed", "booking_id": number}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", to, timeout=LONG)
        signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        connection.request("POST", "/", body, {"x-signature": signature})
        return connection.getresponse().status

    with serving(Service, bookings={}, down=False) as service, road(webhook, folder, "adapter") as (server, environment):
        environment |= {"SERVICE_SECRET": "secret of the service", "SERVICE_TOKEN": "token-of-the-service",
                        "SERVICE_API": f"http://127.0.0.1:{service.server_port}"}
        service.bookings["123"] = booking(123, "2026-11-01T10:00:00Z")
        with adapter(environment) as listens:
            for what, status, expected in (
                ("another's signature", notified(listens, 123, b"another"), 401),
                ("no JSON", notified(listens, 123, body=b"{"), 400),
                ("an id that is a path", notified(listens, "../users"), 400),
                ("a booking that is gone", notified(listens, 7), 200),
            ):
                if status != expected:
                    sys.exit(f"adapter: {what} is answered with {status}")
            service.down = True
            if (status := notified(listens, 123)) != 503:
                sys.exit(f"adapter: while the service is down it answers {status}")
            service.down = False
            server.plan.extend(["500"] * 100)
            if (status := notified(listens, 123)) != 200:
                sys.exit(f"adapter: a booking is answered with {status}")
            soon("a try of the adapter", lambda: server.seen)
        server.plan.clear()
        with adapter(environment) as listens:
            soon("what it left when it was killed", lambda: mail_to(port, "svc123@example.com"))
            service.bookings["123"] = booking(123, "2026-11-02T10:00:00.5Z", "void")
            if [notified(listens, 123), notified(listens, 123)] != [200, 200]:
                sys.exit("adapter: a change is not taken")
            soon("the change", lambda: applied(port, "svc_123") == 2)
            soon("an empty outbox", lambda: not waiting(environment))
        cookie = signed_in(port, "svc123@example.com")
        if "This booking is canceled" not in page(port, "/bookings/svc_123", cookie)[1]:
            sys.exit("adapter: the booking does not show as canceled")
    return "adapter    a webhook that says little became whole bookings; nothing was lost while service, portal and adapter failed"


def follows(port):
    """The README's section for newcomers, to the letter, in a clean folder: it ends with a customer signed in."""
    started = time.monotonic()
    section = (PROJECT / "infra/events/README.md").read_text(encoding="utf-8").split("### In an afternoon\n")[1]
    _, block = re.findall(r"^```sh\n(.*?)^```$", section.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    address = re.search(r"\S+@example.com", block)[0]
    with tempfile.TemporaryDirectory() as home:
        os.symlink(PROJECT, pathlib.Path(home, "customer-portal"))
        empty = pathlib.Path(home, "empty")
        empty.mkdir()
        script = block.replace("localhost:9000", f"localhost:{port}")
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=empty, env=os.environ | {"HOME": home}, check=True, timeout=LONG)
    cookie = signed_in(port, address)
    answer, shown = page(port, "/bookings/bkg_first", cookie)
    if answer.status != 200 or "Rental agreement" not in shown:
        sys.exit(f"whoever follows the README does not see the booking: {answer.status}")
    return f"README     followed to the letter: a customer signed in after {time.monotonic() - started:.0f} s"


def main():
    portal_local, node = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    shutil.copy(HTTPS / "deliver.ts", node)
    compiler = ["--strict", "--noEmit", "--erasableSyntaxOnly", "--skipLibCheck", "--types", "node", "--target", "es2022", "--module", "nodenext"]
    subprocess.run([str(node / "node_modules/.bin/tsc"), *compiler, "deliver.ts"], cwd=node, check=True)
    with_sqlite = node / f"node_modules/node-linux-{ {'x86_64': 'x64', 'aarch64': 'arm64'}[platform.machine()]}/bin/node"
    commands = {
        "typescript": [str(with_sqlite), "--disable-warning=ExperimentalWarning", str(node / "deliver.ts")],
        "php": ["php", str(HTTPS / "deliver.php")],
        "ruby": ["ruby", str(HTTPS / "deliver.rb")],
        "python": [sys.executable, str(HTTPS / "deliver.py")],
    }
    with local_stack.running(portal_local, PARAMS="AcceptWebhooks=true") as port, tempfile.TemporaryDirectory() as folder:
        folder, webhook = pathlib.Path(folder), local(port, "endpoints")["webhook"]
        soon("the mail of the demo data", lambda: local(port, "mails"))

        def of(name):
            with road(webhook, folder, name) as (server, environment):
                return sends(Sender(name, commands[name], port, server, environment), folder)

        with concurrent.futures.ThreadPoolExecutor() as at_once:
            for told in [at_once.submit(of, name) for name in commands]:
                print(told.result(), flush=True)
        print(follows(port), flush=True)
        print(changes(port, webhook, folder), flush=True)
        print(adapts(port, webhook, folder), flush=True)


if __name__ == "__main__":
    main()
