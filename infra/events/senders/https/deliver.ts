// Writes a booking and its event in one transaction, and delivers what is in the outbox, without a key of AWS.
//
//     node deliver.ts book BOOKING_ID EMAIL [AGREEMENT.pdf]    what belongs where a booking system saves a booking
//     node deliver.ts deliver                                  what runs all the time, or every minute by cron
//
// BOOKINGS is the SQLite file; WEBHOOK_URL and WEBHOOK_SECRET are the stack's output WebhookUrl and what its secret holds.
// An event that is delivered twice changes nothing, so two of these may run at once, and each may die at any point.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

type Answer = { status: number; headers: Headers; body: string };
const database = new DatabaseSync(process.env.BOOKINGS ?? "bookings.db", { timeout: 30_000 });
database.exec(`
  CREATE TABLE IF NOT EXISTS bookings (booking_id TEXT PRIMARY KEY, email TEXT, status TEXT, revision INTEGER, agreement TEXT);
  CREATE TABLE IF NOT EXISTS outbox (webhook_id TEXT PRIMARY KEY, event TEXT, pdf TEXT, tries INTEGER DEFAULT 0,
                                     not_before REAL DEFAULT 0, refused TEXT);`);

// Your own code that saves a booking, with one line more. Whoever saves it again counts its revision up.
function book(bookingId: string, email: string, agreement?: string) {
  database.exec("BEGIN IMMEDIATE"); // one transaction: the booking and its event are both there, or neither
  try {
    const saved = database.prepare(`INSERT INTO bookings VALUES (?, ?, 'confirmed', 1, ?) ON CONFLICT DO UPDATE SET
      revision = revision + 1, email = excluded.email, agreement = excluded.agreement RETURNING revision`);
    const { revision } = saved.get(bookingId, email, agreement ?? null) as { revision: number };
    database.prepare("INSERT INTO outbox (webhook_id, event, pdf) VALUES (?, ?, ?)")
      .run(`msg_${randomUUID()}`, JSON.stringify(event(bookingId, email, revision, agreement)), agreement ?? null);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

// The whole booking as its customer may see it: change this for your own columns.
function event(bookingId: string, email: string, revision: number, agreement?: string) {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const morning = (days: number) => inDays(days).slice(0, 10) + "T14:00:00Z"; // nine or ten in New York
  const file = agreement && { key: `documents/${bookingId}/agreement.pdf`, size_bytes: statSync(agreement).size };
  const booking = {
    booking_id: bookingId, reference: "GCO-7301", revision, status: "confirmed",
    customer: { email, name: "Ana Ruiz" },
    starts_at: morning(30), ends_at: morning(33), time_zone: "America/New_York",
    carts: [{ asset_type: "6-Seater Premium", name: "Cart #21", seats: 6 }],
    fulfilment: { method: "pickup" },
    documents: file ? [{ document_id: "agreement", kind: "agreement", title: "Rental agreement", issued_at: inDays(0), file }] : [],
  };
  const metadata = { event_id: `${bookingId}.${revision}`, schema_version: "1.1", occurred_at: inDays(0), notify: true };
  return { "detail-type": "booking.confirmed", detail: { metadata, booking } };
}

// The answer to a signed request.
function posted(path: string, webhookId: string, body: string): Promise<Answer> {
  const now = new Date();
  return sent(process.env.WEBHOOK_URL + path, { method: "POST", body, headers: {
    "content-type": "application/json", "webhook-id": webhookId, "webhook-timestamp": `${Math.floor(now.getTime() / 1000)}`,
    "webhook-signature": new Webhook(process.env.WEBHOOK_SECRET!).sign(webhookId, now, body) } });
}

async function sent(url: string, request: RequestInit): Promise<Answer> {
  try {
    const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  } catch (error) { // no connection, cut off, timed out
    return { status: 0, headers: new Headers(), body: String(error) };
  }
}

// Uploads the PDF, if there is one, and posts the event; ends at the first answer that is not fine.
async function attempt(webhookId: string, event: string, pdf: string | null): Promise<Answer> {
  if (pdf) {
    const content = readFileSync(pdf);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const { booking_id } = JSON.parse(event).detail.booking;
    const promise = { booking_id, document_id: "agreement", size_bytes: content.length, sha256 };
    const promised = await posted("/documents", `${webhookId}_pdf`, JSON.stringify(promise));
    if (promised.status !== 200) return promised;
    const { url, headers } = JSON.parse(promised.body);
    const put = await sent(url, { method: "PUT", headers, body: content });
    if (put.status !== 200) return { ...put, status: put.status === 403 ? 503 : put.status }; // its address ends after 15 minutes
  }
  return posted("", webhookId, event);
}

// Delivers until nothing waits any more; says what was refused.
async function deliver() {
  const next = database.prepare("SELECT * FROM outbox WHERE refused IS NULL ORDER BY not_before, rowid LIMIT 1");
  for (let row; (row = next.get() as any); ) {
    if (row.not_before > Date.now()) {
      await sleep(Math.min(row.not_before - Date.now(), 1000)); // meanwhile something may come that need not wait
      continue;
    }
    const { status, headers, body } = await attempt(row.webhook_id, row.event, row.pdf);
    if (status === 202) {
      database.prepare("DELETE FROM outbox WHERE webhook_id = ?").run(row.webhook_id);
    } else if (status === 401) {
      throw new Error(`${row.webhook_id}: the portal does not know the signature: is WEBHOOK_SECRET the stack's, and this clock right?`);
    } else if (status === 429 || status < 400 || status >= 500) { // the same event again, later: at least as late as it says
      const pause = Math.max(Number(headers.get("retry-after") ?? 0), (0.5 + Math.random() / 2) * Math.min(2 ** row.tries, 3600));
      database.prepare("UPDATE outbox SET tries = tries + 1, not_before = ? WHERE webhook_id = ?")
        .run(Date.now() + pause * 1000, row.webhook_id);
    } else { // 422 and the like: sent again it would be refused again, so somebody has to mend it
      database.prepare("UPDATE outbox SET refused = ? WHERE webhook_id = ?").run(`${status} ${body}`, row.webhook_id);
      console.error(`${row.webhook_id} is refused: ${status} ${body}`);
    }
  }
}

const [command, bookingId, email, agreement] = process.argv.slice(2);
if (command === "book") book(bookingId!, email!, agreement);
else if (command === "deliver") await deliver();
