"""Takes the webhook of a booking service that only says which booking changed, and posts the whole booking on.

    python adapter.py 8080

"Booking 123 changed" is verified, the booking is fetched from the service's API, mapped by `event`, and put in the outbox;
only then is the service answered, so it asks again whatever was not. deliver.py sends the outbox, and says which variables there
are. Besides: SERVICE_SECRET signs the service's webhooks, SERVICE_API and SERVICE_TOKEN are where and how bookings are asked.
"""
import hashlib, hmac, http.server, json, os, re, sys, threading, urllib.error, urllib.request
from datetime import datetime

import deliver

LARGEST = 64 * 1024  # bytes of a webhook; this one carries an id


def verified(headers, body):
    """Whether the service signed it: here with HMAC-SHA-256 in hexadecimal digits, as many do; its documentation says how."""
    expected = "sha256=" + hmac.new(os.environ["SERVICE_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("x-signature", "").encode(), expected.encode())


def fetched(booking):
    """The booking as the service has it now, whatever the webhook said, and however late it came; None where it is gone."""
    request = urllib.request.Request(f"{os.environ['SERVICE_API']}/bookings/{booking}",
                                     headers={"authorization": f"Bearer {os.environ['SERVICE_TOKEN']}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            return None
        raise


STATUS = {"requested": "pending", "booked": "confirmed", "picked_up": "checked_out", "finished": "closed", "void": "cancelled"}


def event(theirs):
    """The event of a booking of the service: which of its fields is what."""
    updated_at = datetime.fromisoformat(theirs["updated_at"].replace("Z", "+00:00"))
    booking_id, revision = f"svc_{theirs['id']}", int(updated_at.timestamp() * 1000)
    status = STATUS[theirs["state"]]
    kind = {"confirmed": "booking.confirmed", "cancelled": "booking.cancelled"}.get(status, "booking.updated")
    return {"detail-type": kind, "detail": {
        "metadata": {"event_id": f"{booking_id}.{revision}", "schema_version": "1.1", "occurred_at": theirs["updated_at"],
                     "notify": True},
        "booking": {
            "booking_id": booking_id, "reference": theirs["code"], "revision": revision, "status": status,
            "customer": {"email": theirs["guest"]["email"], "name": theirs["guest"]["full_name"]},
            "starts_at": theirs["from"], "ends_at": theirs["to"], "time_zone": theirs["zone"],
            "carts": [{"asset_type": item["model"], "name": item["model"]} for item in theirs["items"]],
            "fulfilment": {"method": "pickup"},
            "price": {"currency": theirs["currency"], "lines": [{"label": "Rental", "amount_minor": theirs["total"]}],
                      "total_minor": theirs["total"], "paid_minor": theirs["paid"]}}}}


class Webhook(http.server.BaseHTTPRequestHandler):
    timeout = 10  # seconds that a request may take to arrive

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not verified(self.headers, body):
            return self.answer(401)
        try:
            booking = str(json.loads(body)["booking_id"])
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", booking):  # it becomes part of an address
                return self.answer(400)
        except (ValueError, KeyError, TypeError):
            return self.answer(400)
        try:
            theirs = fetched(booking)
            if theirs is None:  # nothing to show and nothing to say what it was: cancel bookings, and do not delete them
                return self.answer(200)
            with deliver.connected() as database:
                deliver.put_in_outbox(database, event(theirs))
        except Exception as error:  # the service will send it again; what it was stands in the log, without the booking's data
            print(f"booking {booking}: {type(error).__name__}", file=sys.stderr)
            return self.answer(503)
        WORK.set()
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


WORK = threading.Event()


def deliver_for_ever():
    while True:
        WORK.wait(timeout=60)
        WORK.clear()
        try:
            deliver.deliver(deliver.connected())
        except SystemExit as error:  # the portal does not know the signature: said, and tried again in a minute
            print(error, file=sys.stderr)


if __name__ == "__main__":
    threading.Thread(target=deliver_for_ever, daemon=True).start()
    WORK.set()  # what a former run left
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Webhook)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
