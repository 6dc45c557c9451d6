"""Imports bookings from a CSV file: python import.py bookings.csv > report.csv

The newest row of each booking goes as a booking.confirmed that mails nobody. The report accounts for every row: applied,
refused with the reason, or duplicate. `booking` says which columns there are: change it for a file of yours.
BUS, BOOKING_QUEUE and DEAD_LETTERS are the stack's output Bus and the URLs of its queues BookingQueue and BookingDeadLetters,
where what is refused stays. Region, credentials and endpoints are those of any AWS client.
"""
import collections, csv, datetime, decimal, json, os, re, sys, time

import boto3

events, sqs, RUN = boto3.client("events"), boto3.client("sqs"), f"import-{time.time_ns()}"
QUIET = int(os.environ.get("QUIET_SECONDS", 60))  # SQS may count what it has a minute late


def booking(row):
    updated_at = datetime.datetime.fromisoformat(row["updated_at"])
    if updated_at.tzinfo is None:
        raise ValueError("updated_at has no offset")
    total, paid = (int(decimal.Decimal(row[amount]) * 100) for amount in ("total", "paid"))
    return {
        "booking_id": row["booking_id"], "reference": row["reference"], "status": row["status"],
        "revision": int(updated_at.timestamp() * 1000), "customer": {"email": row["email"], "name": row["name"]},
        "starts_at": row["starts_at"], "ends_at": row["ends_at"], "time_zone": row["time_zone"],
        "carts": [{"asset_type": row["cart"], "name": row["cart"]}],
        "fulfilment": {"method": "delivery", "address": row["address"]} if row["address"] else {"method": "pickup"},
        "price": {"currency": "USD", "lines": [{"label": "Rental", "amount_minor": total}],
                  "total_minor": total, "paid_minor": paid},
    }


def entry(line, row, booking):
    metadata = {"event_id": f"{RUN}.{line}", "schema_version": "1.1", "occurred_at": row["updated_at"], "notify": False}
    return {"Source": "golfcartops.bookings", "DetailType": "booking.confirmed", "EventBusName": os.environ["BUS"],
            "Detail": json.dumps({"metadata": metadata, "booking": booking})}


def send(entries):
    """Sends at most ten entries, and those that fail again; gives what still failed, by line."""
    for pause in (0, 1, 2, 4, 8):
        time.sleep(pause)
        results = events.put_events(Entries=list(entries.values()))["Entries"]
        failed = {line: result["ErrorCode"] for line, result in zip(entries, results) if "ErrorCode" in result}
        if not failed:
            break
        entries = {line: entries[line] for line in failed}
    return failed


def wait_until_all_is_read():
    counts = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    seconds = 0
    while seconds < QUIET:
        time.sleep(1)
        queue = sqs.get_queue_attributes(QueueUrl=os.environ["BOOKING_QUEUE"], AttributeNames=counts)["Attributes"]
        seconds = 0 if any(map(int, queue.values())) else seconds + 1


def dead_letters():
    """Why the portal refused what it refused of this run, by line."""
    reasons, empty = {}, 0
    while empty < 3:
        answer = sqs.receive_message(QueueUrl=os.environ["DEAD_LETTERS"], MaxNumberOfMessages=10, WaitTimeSeconds=1,
                                     VisibilityTimeout=120, MessageAttributeNames=["reason"])
        empty = 0 if answer.get("Messages") else empty + 1
        for message in answer.get("Messages", []):
            if of_this_run := re.search(rf"{RUN}\.(\d+)", message["Body"]):
                reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "see the portal's log")
                reasons[int(of_this_run[1])] = reason
    return reasons


def main():
    with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        rows = {rows.line_num: row for row in rows}
    outcomes, bookings = dict.fromkeys(rows, ("applied", "")), {}
    for line, row in rows.items():
        try:
            bookings[line] = booking(row)
        except (ArithmeticError, TypeError, ValueError) as error:
            outcomes[line] = "refused", f"{type(error).__name__}: {error}"
    by_age = sorted(bookings, key=lambda line: bookings[line]["revision"])
    newest = {bookings[line]["booking_id"]: line for line in by_age}
    for line, made in bookings.items():
        if line != newest[made["booking_id"]]:
            outcomes[line] = "duplicate", f"line {newest[made['booking_id']]} is as new or newer"

    lines = sorted(newest.values())
    for tens in (lines[i:i + 10] for i in range(0, len(lines), 10)):
        failed = send({line: entry(line, rows[line], bookings[line]) for line in tens})
        outcomes |= {line: ("refused", f"EventBridge: {code}") for line, code in failed.items()}
    wait_until_all_is_read()
    outcomes |= {line: ("refused", reason) for line, reason in dead_letters().items()}

    report = csv.writer(sys.stdout)
    report.writerow(["line", "booking_id", "outcome", "reason"])
    report.writerows([line, row["booking_id"], *outcomes[line]] for line, row in rows.items())
    counts = collections.Counter(outcome for outcome, _ in outcomes.values())
    print(f"{len(rows)} rows: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
