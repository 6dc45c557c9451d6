// Sends a confirmed booking with its rental agreement: node send.ts BOOKING_ID EMAIL AGREEMENT.pdf
// BUCKET and BUS are the stack's outputs DocumentsBucket and Bus. Region, credentials and endpoints are those of any AWS
// client. With DRY_RUN=1 it prints what it would send, and needs none of these.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [bookingId, email, agreement] = process.argv.slice(2);
const { BUCKET, BUS, DRY_RUN } = process.env;
const [pdf, key] = [readFileSync(agreement!), `documents/${bookingId}/agreement.pdf`];

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const morning = (days: number) => inDays(days).slice(0, 10) + "T14:00:00Z"; // nine or ten in New York
const detail = {
  metadata: { event_id: `${bookingId}.1`, schema_version: "1.1", occurred_at: inDays(0), notify: true },
  booking: {
    booking_id: bookingId, reference: "GCO-7301", revision: 1, status: "confirmed",
    customer: { email, name: "Ana Ruiz" },
    starts_at: morning(30), ends_at: morning(33), time_zone: "America/New_York",
    carts: [{ asset_type: "6-Seater Premium", name: "Cart #21", seats: 6 }],
    fulfilment: { method: "pickup" },
    documents: [{ document_id: "agreement", kind: "agreement", title: "Rental agreement", issued_at: inDays(0),
      file: { key, size_bytes: pdf.length } }],
  },
};
let entries = [{ Source: "golfcartops.bookings", DetailType: "booking.confirmed", Detail: JSON.stringify(detail),
  EventBusName: BUS }];
if (DRY_RUN) {
  console.log(JSON.stringify(entries));
  process.exit();
}
await new S3Client().send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: pdf, ContentType: "application/pdf" }));
for (const pause of [0, 1, 2, 4, 8]) {
  await sleep(pause * 1000);
  const { FailedEntryCount, Entries: results = [] } = await new EventBridgeClient().send(
    new PutEventsCommand({ Entries: entries }));
  if (FailedEntryCount === 0) process.exit();
  entries = entries.filter((_, i) => results[i]?.ErrorCode);
}
throw new Error("EventBridge did not take the booking");
