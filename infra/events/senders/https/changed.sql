-- What a booking system with only a database adds to it: written for SQLite; the same in any database with JSON functions.
--
-- `bookings` stands for your own table. All that is asked of it is `updated_at`, in milliseconds since 1970, which every
-- change sets: it is the revision. (From a timestamp: CAST((julianday(updated_at) - 2440587.5) * 86400000 AS INTEGER); in
-- PostgreSQL floor(extract(epoch FROM updated_at) * 1000), in MySQL unix_timestamp(updated_at) * 1000 of a TIMESTAMP(3).)
CREATE TABLE IF NOT EXISTS bookings (
  id INTEGER PRIMARY KEY, number TEXT, state TEXT, email TEXT, name TEXT, begins_at TEXT, ends_at TEXT, cart TEXT,
  total_cents INTEGER, paid_cents INTEGER, updated_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS bookings_by_update ON bookings (updated_at);

-- A row that is deleted would be forgotten, and the portal would show the booking for ever. So it leaves its last state behind,
-- with the moment it was deleted as its revision, and is told as cancelled.
CREATE TABLE IF NOT EXISTS deleted_bookings AS SELECT * FROM bookings WHERE FALSE;
CREATE TRIGGER IF NOT EXISTS booking_deleted AFTER DELETE ON bookings BEGIN
  INSERT INTO deleted_bookings VALUES (OLD.id, OLD.number, 'void', OLD.email, OLD.name, OLD.begins_at, OLD.ends_at, OLD.cart,
    OLD.total_cents, OLD.paid_cents, max(OLD.updated_at + 1, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)));
END;

-- The event of each booking as it is now. This is where your columns become the contract's fields. Nobody is mailed, or the first
-- run would mail everybody. When it is over, tell what is certain as booking.confirmed with 'notify', json('true') in its
-- metadata, and each customer gets one confirmation of a booking.
CREATE VIEW IF NOT EXISTS booking_events AS
SELECT updated_at, json_object(
  'detail-type', CASE state WHEN 'void' THEN 'booking.cancelled' ELSE 'booking.updated' END,
  'detail', json_object(
    'metadata', json_object(
      'event_id', 'bkg_' || id || '.' || updated_at, 'schema_version', '1.1',
      'occurred_at', strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch')),
    'booking', json_object(
      'booking_id', 'bkg_' || id, 'reference', number, 'revision', updated_at,
      'status', CASE state WHEN 'request' THEN 'pending' WHEN 'out' THEN 'checked_out' WHEN 'done' THEN 'closed'
        WHEN 'void' THEN 'cancelled' ELSE 'confirmed' END,
      'customer', json_object('email', email, 'name', name),
      'starts_at', begins_at, 'ends_at', ends_at, 'time_zone', 'America/New_York',
      'carts', json_array(json_object('asset_type', cart, 'name', cart)),
      'fulfilment', json_object('method', 'pickup'),
      'price', json_object('currency', 'USD', 'lines', json_array(json_object('label', 'Rental', 'amount_minor', total_cents)),
        'total_minor', total_cents, 'paid_minor', paid_cents)))) AS event
FROM (SELECT * FROM bookings UNION ALL SELECT * FROM deleted_bookings);

-- Up to which moment events were put in the outbox.
CREATE TABLE IF NOT EXISTS sent_until (updated_at INTEGER NOT NULL);
INSERT INTO sent_until SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM sent_until);
