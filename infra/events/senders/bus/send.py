"""Sends a confirmed booking with its rental agreement: python send.py BOOKING_ID EMAIL AGREEMENT.pdf

BUCKET and BUS are the stack's outputs DocumentsBucket and Bus. Region, credentials and endpoints are those of any AWS client.
With DRY_RUN=1 it prints what it would send, and needs none of these.
"""
import datetime, json, os, pathlib, sys, time

import boto3

booking_id, email, agreement = sys.argv[1:]
pdf, key = pathlib.Path(agreement).read_bytes(), f"documents/{booking_id}/agreement.pdf"

in_days = lambda days: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)).isoformat()
morning = lambda days: f"{in_days(days)[:10]}T14:00:00Z"  # nine or ten in New York
detail = {
    "metadata": {"event_id": f"{booking_id}.1", "schema_version": "1.1", "occurred_at": in_days(0), "notify": True},
    "booking": {
        "booking_id": booking_id, "reference": "GCO-7301", "revision": 1, "status": "confirmed",
        "customer": {"email": email, "name": "Ana Ruiz"},
        "starts_at": morning(30), "ends_at": morning(33), "time_zone": "America/New_York",
        "carts": [{"asset_type": "6-Seater Premium", "name": "Cart #21", "seats": 6}],
        "fulfilment": {"method": "pickup"},
        "documents": [{"document_id": "agreement", "kind": "agreement", "title": "Rental agreement",
                       "issued_at": in_days(0), "file": {"key": key, "size_bytes": len(pdf)}}],
    },
}
entries = [{"Source": "golfcartops.bookings", "DetailType": "booking.confirmed", "Detail": json.dumps(detail),
            "EventBusName": os.environ.get("BUS")}]
if "DRY_RUN" in os.environ:
    sys.exit(print(json.dumps(entries)))
boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=key, Body=pdf, ContentType="application/pdf")
for pause in (0, 1, 2, 4, 8):
    time.sleep(pause)
    answer = boto3.client("events").put_events(Entries=entries)
    if answer["FailedEntryCount"] == 0:
        sys.exit()
    entries = [entry for entry, result in zip(entries, answer["Entries"]) if "ErrorCode" in result]
sys.exit(f"EventBridge did not take the booking: {answer['Entries']}")
