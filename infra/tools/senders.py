"""Runs the snippets of infra/events/senders/bus against the local stack, whose bus does not take everything at once.

    senders.py PORTAL_LOCAL NODE_MODULES PORTAL

NODE_MODULES is a folder with what the TypeScript snippet imports, and with TypeScript itself. PORTAL is the operator's tool.
"""

import contextlib
import csv
import datetime
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import boto3

import local_stack
from local_stack import answered, local, soon

SENDERS = pathlib.Path(__file__).parents[1] / "events/senders/bus"
LONG = 600  # seconds
PDF = b"%PDF-1.4\n% An agreement, as far as the portal looks into it.\n%%EOF\n"


class Bus(http.server.BaseHTTPRequestHandler):
    """A proxy before EventBridge: in the first of every so many calls it throttles every second entry.

    To the operator's tool it is the local stack, with itself as the bus.
    """

    endpoint, endpoints, calls, every, left_out, called_at = None, {}, 0, 2, 0, 0.0
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        entries = json.loads(body)["Entries"]
        leaves_out, Bus.calls, Bus.called_at = Bus.calls % Bus.every == 0, Bus.calls + 1, time.monotonic()
        taken = entries[1::2] if leaves_out else entries
        Bus.left_out += len(entries) - len(taken)
        results = iter(self.passed_on(taken) if taken else [])
        left_out = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        results = [left_out if leaves_out and i % 2 == 0 else next(results) for i, _ in enumerate(entries)]
        failed = sum("ErrorCode" in result for result in results)
        self.answer({"FailedEntryCount": failed, "Entries": results})

    def do_GET(self):
        self.answer(Bus.endpoints | {"events": f"http://127.0.0.1:{self.server.server_port}"})

    def answer(self, value):
        answer = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def passed_on(self, entries):
        connection = http.client.HTTPConnection(Bus.endpoint.removeprefix("http://"))
        headers = {name: self.headers[name] for name in ("content-type", "x-amz-target", "authorization", "x-amz-date")}
        connection.request("POST", "/", json.dumps({"Entries": entries}), headers)
        return json.load(connection.getresponse())["Entries"]

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def surroundings(port):
    """The variables that the snippets read."""
    endpoints = local(port, "endpoints")
    Bus.endpoint, Bus.endpoints = endpoints["events"], endpoints
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bus) as bus:
        threading.Thread(target=bus.serve_forever, daemon=True).start()
        yield os.environ | {
            "AWS_REGION": endpoints["region"],
            "AWS_DEFAULT_REGION": endpoints["region"],
            "AWS_ACCESS_KEY_ID": endpoints["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": endpoints["secret_access_key"],
            "AWS_ENDPOINT_URL_S3": endpoints["s3"],
            "AWS_ENDPOINT_URL_SQS": endpoints["sqs"],
            "AWS_ENDPOINT_URL_EVENTBRIDGE": f"http://127.0.0.1:{bus.server_port}",
            "BUCKET": endpoints["bucket"],
            "BUS": endpoints["bus"],
        }
        bus.shutdown()


def mail_to(port, address):
    return next((mail for mail in local(port, "mails") if mail["to"] == [address]), None)


def signed_in(port, address):
    """The cookie of whoever follows the link in the newest mail to an address."""
    mail = soon(f"a mail to {address}", lambda: mail_to(port, address))
    link = re.search(r"^http://[^/]+(/link/\S+)$", mail["text"], re.MULTILINE)[1]
    answer, _ = answered(port, "POST", link)
    cookies = answer.headers.get_all("set-cookie", [])
    return next(cookie for cookie in cookies if cookie.startswith("__Host-session=")).split(";")[0]


def page(port, path, cookie):
    answer, body = answered(port, "GET", path, cookie=cookie)
    return answer, body.decode("utf-8", "replace")


def checked(portal, language, command, agreement):
    """What a snippet would send, without AWS, as the portal's own checker sees it."""
    def printed(booking, address):
        without_aws = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"DRY_RUN": "1"}
        arguments = [*command, booking, address, str(agreement)]
        return subprocess.run(arguments, env=without_aws, check=True, timeout=LONG, stdout=subprocess.PIPE).stdout

    def verdict(entries):
        return subprocess.run([portal, "events", "check", "-", "--strict"], input=entries, stdout=subprocess.PIPE)

    entries = printed(f"bkg_{language}_by_tool", f"{language}.by.tool@example.com")
    right, wrong = verdict(entries), verdict(printed("no booking id", "no address"))
    if right.returncode != 0 or wrong.returncode != 1:
        sys.exit(f"{language}: what it would send is not right, or what is wrong was not found:\n{right.stdout.decode()}{wrong.stdout.decode()}")
    return entries


def sent_by_tool(portal, port, language, entries):
    """Has the tool send what a snippet printed, until the portal has applied it."""
    command = [portal, "events", "send", "-", "--wait", "--yes", "--json", "--local", f"http://localhost:{port}"]
    done = subprocess.run(command, input=entries, check=True, timeout=LONG, stdout=subprocess.PIPE)
    outcomes = [event["outcome"] for event in json.loads(done.stdout)["events"]]
    if outcomes != ["applied"]:
        sys.exit(f"{language}: what the tool sent is {outcomes}")
    signed_in(port, f"{language}.by.tool@example.com")


def sends(portal, port, language, command, environment, folder):
    """Has a snippet send a booking, and looks for it as its customer does."""
    booking, address, started = f"bkg_{language}", f"{language}@example.com", time.monotonic()
    agreement = folder / "agreement.pdf"
    agreement.write_bytes(PDF + language.encode())
    entries = checked(portal, language, command, agreement)
    Bus.calls = 0
    subprocess.run([*command, booking, address, str(agreement)], env=environment, check=True, timeout=LONG)
    took = time.monotonic() - started
    if Bus.calls != 2:
        sys.exit(f"{language}: an entry that failed was sent {Bus.calls} times, not twice")
    cookie = signed_in(port, address)
    answer, shown = page(port, f"/bookings/{booking}", cookie)
    if answer.status != 200 or "Rental agreement" not in shown:
        sys.exit(f"{language}: the booking is not there with its document: {answer.status}")
    answer, _ = page(port, f"/bookings/{booking}/documents/agreement", cookie)
    place = re.fullmatch(r"http://([^/]+)(/.*)", answer.headers["location"])
    storage = http.client.HTTPConnection(place[1])
    storage.request("GET", place[2])
    if storage.getresponse().read() != agreement.read_bytes():
        sys.exit(f"{language}: the document is another")
    sent_by_tool(portal, port, language, entries)
    print(f"{language:10} sent a booking with its document in {took:.1f} s, and once more what failed; what it prints is right")


# How the columns of `rows` are the contract's fields.
MAP = """
[columns]
booking_id = "booking_id"
reference = "reference"
updated_at = "updated_at"
status = "status"
customer.email = "email"
customer.name = "name"
starts_at = "starts_at"
ends_at = "ends_at"
time_zone = "time_zone"
carts.asset_type = "cart"
carts.name = "cart"
fulfilment.method = "method"
fulfilment.address = "address"
price.total_minor = "total"
price.paid_minor = "paid"
[money]
currency = "USD"
"""

# What is wrong with a row of the file, for each kind of slip.
SLIPS = [
    {"email": "not an address"}, {"email": "Ana <ana@example.com>"}, {"name": ""}, {"status": "rented"},
    {"status": ""}, {"starts_at": "06/11/2025 09:00"}, {"starts_at": ""},
    {"ends_at": "2000-01-01T00:00:00Z"}, {"ends_at": "2026-02-30T09:00:00Z"}, {"time_zone": "Eastern"}, {"time_zone": ""},
    {"cart": ""}, {"total": "free"}, {"total": ""}, {"paid": ""}, {"paid": "1e30"}, {"updated_at": "yesterday"},
    {"updated_at": ""}, {"booking_id": "with space"}, {"booking_id": "x" * 65}, {"booking_id": ""}, {"reference": ""},
]


DAY = datetime.timedelta(1)
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def rows():
    """2,000 rows in any order: of three years and the next, of customers with several each; 22 broken, 20 duplicates."""
    made = []
    for i in range(1980):
        begins = NOW + (i - 1485) * DAY * 4 * 365 / 1980
        made.append({
            "booking_id": f"old_{i}", "reference": f"OLD-{i}", "updated_at": (min(begins, NOW) - DAY).isoformat(),
            "status": "closed" if begins + 3 * DAY < NOW else "confirmed",
            "email": f"customer{i % 400}@example.com", "name": f"Customer {i % 400}",
            "starts_at": begins.isoformat(), "ends_at": (begins + 3 * DAY).isoformat(), "time_zone": "America/New_York",
            "cart": "4-Seater Classic", "method": "delivery" if i % 2 else "pickup",
            "address": "3 Ocean Ave, Tybee Island" if i % 2 else "",
            "total": "188.10", "paid": "188.10",
        } | (SLIPS[i] if i < len(SLIPS) else {}))
    good = made[-20:]
    made += good[:10] + [row | {"updated_at": "2020-01-01T00:00:00Z", "cart": "Older"} for row in good[10:]]
    random.Random(16).shuffle(made)
    return made


def imported(rows, portal, environment, folder):
    """What `portal import` reports of rows."""
    file, map_file, report = folder / "bookings.csv", folder / "map.toml", folder / "report.csv"
    with file.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    map_file.write_text(MAP, encoding="utf-8")
    command = [portal, "import", file, "--map", map_file, "--skip-refused", "--yes", "--report", report]
    done = subprocess.run([*command, "--local", environment["AWS_ENDPOINT_URL_EVENTBRIDGE"]], timeout=LONG, stdout=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit(f"portal import ended with {done.returncode}")
    with report.open(newline="", encoding="utf-8") as text:
        reported = list(csv.DictReader(text))
    if [int(row["line"]) for row in reported] != list(range(2, len(rows) + 2)):
        sys.exit("the report does not account for every row")
    return reported


def bookings_of(prefix, endpoints):
    """The ids of the bookings in the table that begin so."""
    table = boto3.client("dynamodb", endpoint_url=endpoints["dynamodb"], region_name=endpoints["region"],
                         aws_access_key_id=endpoints["access_key_id"], aws_secret_access_key=endpoints["secret_access_key"])
    pages = table.get_paginator("scan").paginate(TableName=endpoints["table"], ProjectionExpression="pk, sk")
    keys = (item["pk"]["S"] for page in pages for item in page["Items"] if item["sk"]["S"] == "BOOKING")
    return sorted(key.partition("#")[2] for key in keys if key.startswith(f"BOOKING#{prefix}"))


def imports(port, portal, environment, folder):
    """Imports 2,000 rows, and looks what became of each and what customers hear of it."""
    given = rows()
    answered(port, "DELETE", "/_local/mails")
    Bus.calls, Bus.every, Bus.left_out = 0, 20, 0
    started = time.monotonic()
    report = imported(given, portal, environment, folder)
    took, sending = time.monotonic() - started, Bus.called_at - started

    def of(outcome):
        return [row for row, reported in zip(given, report, strict=True) if reported["outcome"] == outcome]

    applied, refused, duplicates = of("imported"), of("refused"), of("duplicate")
    broken = [row for row in given if any(slip.items() <= row.items() for slip in SLIPS)]
    if refused != broken or not all(row["reason"] for row in report if row["outcome"] != "imported"):
        sys.exit(f"refused was {refused}, broken is {broken}")
    if len(applied) + len(refused) + len(duplicates) != 2000 or len(duplicates) != 20:
        sys.exit(f"{len(applied)} imported, {len(refused)} refused, {len(duplicates)} duplicates are not all of 2000 rows")
    if any(row["cart"] == "Older" for row in applied):
        sys.exit("the older of two rows was applied")
    if bookings_of("old_", local(port, "endpoints")) != sorted(row["booking_id"] for row in applied):
        sys.exit("the table does not hold what the report calls imported")
    if mails := local(port, "mails"):
        sys.exit(f"the import sent {len(mails)} mails")
    for row in random.Random(8).sample([row for row in applied if row["status"] == "confirmed"], 4):
        theirs = {other["reference"] for other in applied if other["email"] == row["email"]}
        form = f"email={row['email']}"
        answered(port, "POST", "/sign-in", form, **{"content-type": "application/x-www-form-urlencoded"})
        cookie = signed_in(port, row["email"])
        _, shown = page(port, "/", cookie)
        if "What changed" in shown or not all(reference in shown for reference in theirs):
            sys.exit(f"{row['email']} is told of a change, or not of {theirs}")
    print(f"import     2000 rows in {took:.0f} s, {sending:.0f} of them to send: {len(applied)} imported, {len(refused)} refused, {len(duplicates)} "
          f"duplicates, {Bus.left_out} entries sent again; no mail, no news")

    # The control: a change is told of, so it would have been seen.
    later = row | {"updated_at": NOW.isoformat(), "ends_at": (NOW + 500 * DAY).isoformat()}
    if imported([later], portal, environment, folder)[0]["outcome"] != "imported" or "What changed" not in page(port, "/", cookie)[1]:
        sys.exit(f"{row['email']} is not told of a change")


def main():
    portal_local, node, portal = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    (node / "send.ts").write_bytes((SENDERS / "send.ts").read_bytes())
    compiler = ["--strict", "--erasableSyntaxOnly", "--skipLibCheck", "--types", "node", "--target", "es2022",
                "--module", "nodenext"]
    subprocess.run([str(node / "node_modules/.bin/tsc"), *compiler, "send.ts"], cwd=node, check=True)
    commands = {
        "typescript": ["node", str(node / "send.js")],
        "php": ["php", str(SENDERS / "send.php")],
        "ruby": ["ruby", str(SENDERS / "send.rb")],
        "python": [sys.executable, str(SENDERS / "send.py")],
    }
    with (
        local_stack.running(portal_local) as port,
        surroundings(port) as environment,
        tempfile.TemporaryDirectory() as folder,
    ):
        folder = pathlib.Path(folder)
        soon("the mail of the demo data", lambda: local(port, "mails"))
        for language, command in commands.items():
            sends(portal, port, language, command, environment, folder)
        imports(port, portal, environment, folder)


if __name__ == "__main__":
    main()
