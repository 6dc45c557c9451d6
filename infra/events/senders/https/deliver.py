"""Writes a booking and its event in one transaction, and delivers what is in the outbox, without a key of AWS.

    python deliver.py book BOOKING_ID EMAIL [AGREEMENT.pdf]    what belongs where a booking system saves a booking
    python deliver.py deliver                                  what runs all the time, or every minute by cron

BOOKINGS is the SQLite file; WEBHOOK_URL and WEBHOOK_SECRET are the stack's output WebhookUrl and what its secret holds.
An event that is delivered twice changes nothing, so two of these may run at once, and each may die at any point.
"""
import datetime, hashlib, json, os, pathlib, random, sqlite3, sys, time, urllib.error, urllib.request, uuid

from standardwebhooks.webhooks import Webhook

BOOKINGS = """CREATE TABLE IF NOT EXISTS bookings (booking_id TEXT PRIMARY KEY, email TEXT, status TEXT, revision INTEGER,
                                                   agreement TEXT)"""
OUTBOX = """CREATE TABLE IF NOT EXISTS outbox (webhook_id TEXT PRIMARY KEY, event TEXT, pdf TEXT, tries INTEGER DEFAULT 0,
                                               not_before REAL DEFAULT 0, refused TEXT)"""


def connected():
    database = sqlite3.connect(os.environ.get("BOOKINGS", "bookings.db"), timeout=30)
    database.execute(OUTBOX)
    return database


def put_in_outbox(database, event, pdf=None):
    database.execute("INSERT INTO outbox (webhook_id, event, pdf) VALUES (?, ?, ?)", (f"msg_{uuid.uuid4()}", json.dumps(event), pdf))


def book(database, booking_id, email, agreement=None):
    """Your own code that saves a booking, with one line more. Whoever saves it again counts its revision up."""
    with database:  # one transaction: the booking and its event are both there, or neither
        database.execute(BOOKINGS)  # yours is there already
        database.execute("INSERT INTO bookings VALUES (?, ?, 'confirmed', 1, ?) ON CONFLICT DO UPDATE SET revision = revision + 1, "
                         "email = excluded.email, agreement = excluded.agreement", (booking_id, email, agreement))
        revision, = database.execute("SELECT revision FROM bookings WHERE booking_id = ?", (booking_id,)).fetchone()
        put_in_outbox(database, event(booking_id, email, revision, agreement), agreement)


def event(booking_id, email, revision, agreement):
    """The whole booking as its customer may see it: change this for your own columns."""
    in_days = lambda days: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)).isoformat()
    morning = lambda days: f"{in_days(days)[:10]}T14:00:00Z"  # nine or ten in New York
    document = {"document_id": "agreement", "kind": "agreement", "title": "Rental agreement", "issued_at": in_days(0), "file": {
        "key": f"documents/{booking_id}/agreement.pdf", "size_bytes": agreement and pathlib.Path(agreement).stat().st_size}}
    return {"detail-type": "booking.confirmed", "detail": {
        "metadata": {"event_id": f"{booking_id}.{revision}", "schema_version": "1.1", "occurred_at": in_days(0), "notify": True},
        "booking": {
            "booking_id": booking_id, "reference": "GCO-7301", "revision": revision, "status": "confirmed",
            "customer": {"email": email, "name": "Ana Ruiz"},
            "starts_at": morning(30), "ends_at": morning(33), "time_zone": "America/New_York",
            "carts": [{"asset_type": "6-Seater Premium", "name": "Cart #21", "seats": 6}],
            "fulfilment": {"method": "pickup"}, "documents": [document] if agreement else []}}}


def posted(path, webhook_id, body):
    """The answer to a signed request: its status, its headers, its body."""
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {"content-type": "application/json", "webhook-id": webhook_id, "webhook-timestamp": str(int(now.timestamp())),
               "webhook-signature": Webhook(os.environ["WEBHOOK_SECRET"]).sign(webhook_id, now, body)}
    return sent(urllib.request.Request(os.environ["WEBHOOK_URL"] + path, body.encode(), headers, method="POST"))


def sent(request):
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()
    except OSError as error:  # no connection, cut off, timed out
        return 0, {}, str(error)


def attempt(webhook_id, event, pdf):
    """Uploads the PDF, if there is one, and posts the event; ends at the first answer that is not fine."""
    if pdf:
        content = pathlib.Path(pdf).read_bytes()
        promise = {"booking_id": json.loads(event)["detail"]["booking"]["booking_id"], "document_id": "agreement",
                   "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        status, headers, body = posted("/documents", f"{webhook_id}_pdf", json.dumps(promise))
        if status != 200:
            return status, headers, body
        put = json.loads(body)
        status, headers, body = sent(urllib.request.Request(put["url"], content, put["headers"], method="PUT"))
        if status != 200:
            return (503 if status == 403 else status), headers, f"the upload: {body}"  # its address ends after 15 minutes
    return posted("", webhook_id, event)


def deliver(database):
    """Delivers until nothing waits any more; says what was refused."""
    while row := database.execute("SELECT * FROM outbox WHERE refused IS NULL ORDER BY not_before, rowid LIMIT 1").fetchone():
        webhook_id, event, pdf, tries, not_before, _ = row
        if (pause := not_before - time.time()) > 0:
            time.sleep(min(pause, 1))  # meanwhile something may come that need not wait
            continue
        status, headers, body = attempt(webhook_id, event, pdf)
        with database:
            if status == 202:
                database.execute("DELETE FROM outbox WHERE webhook_id = ?", (webhook_id,))
            elif status == 401:
                sys.exit(f"{webhook_id}: the portal does not know the signature: is WEBHOOK_SECRET the stack's, and this clock right?")
            elif status == 429 or not 400 <= status < 500:  # the same event again, later: at least as late as it says
                pause = max(float(headers.get("retry-after") or 0), random.uniform(0.5, 1) * min(2 ** tries, 3600))
                database.execute("UPDATE outbox SET tries = tries + 1, not_before = ? WHERE webhook_id = ?",
                                 (time.time() + pause, webhook_id))
            else:  # 422 and the like: sent again it would be refused again, so somebody has to mend it
                database.execute("UPDATE outbox SET refused = ? WHERE webhook_id = ?", (f"{status} {body}", webhook_id))
                print(f"{webhook_id} is refused: {status} {body}", file=sys.stderr)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"book": book, "deliver": deliver}[command](connected(), *arguments)
