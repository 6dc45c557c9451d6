"""The adapter of infra/events/senders/https between a stub of a booking service and the portal."""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import subprocess
import sys

from bad_road import HTTPS, applied, road, serving, waiting
from local_stack import soon
from senders import LONG, mail_to, page, signed_in


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
