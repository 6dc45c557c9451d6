# Writes a booking and its event in one transaction, and delivers what is in the outbox, without a key of AWS.
#
#     ruby deliver.rb book BOOKING_ID EMAIL [AGREEMENT.pdf]    what belongs where a booking system saves a booking
#     ruby deliver.rb deliver                                  what runs all the time, or every minute by cron
#
# BOOKINGS is the SQLite file (gem sqlite3); WEBHOOK_URL and WEBHOOK_SECRET are the stack's output WebhookUrl and what its secret
# holds. An event that is delivered twice changes nothing, so two of these may run at once, and each may die at any point.
require "digest"
require "json"
require "net/http"
require "openssl"
require "securerandom"
require "sqlite3"
require "time"

DB = SQLite3::Database.new(ENV.fetch("BOOKINGS", "bookings.db"), results_as_hash: true)
DB.busy_timeout = 30_000
DB.execute_batch <<~SQL
  CREATE TABLE IF NOT EXISTS bookings (booking_id TEXT PRIMARY KEY, email TEXT, status TEXT, revision INTEGER, agreement TEXT);
  CREATE TABLE IF NOT EXISTS outbox (webhook_id TEXT PRIMARY KEY, event TEXT, pdf TEXT, tries INTEGER DEFAULT 0,
                                     not_before REAL DEFAULT 0, refused TEXT);
SQL

# Your own code that saves a booking, with one line more. Whoever saves it again counts its revision up.
def book(id, email, agreement = nil)
  DB.transaction do # one transaction: the booking and its event are both there, or neither
    DB.execute("INSERT INTO bookings VALUES (?, ?, 'confirmed', 1, ?) ON CONFLICT DO UPDATE SET revision = revision + 1,
      email = excluded.email, agreement = excluded.agreement", [id, email, agreement])
    revision = DB.get_first_value("SELECT revision FROM bookings WHERE booking_id = ?", [id])
    DB.execute("INSERT INTO outbox (webhook_id, event, pdf) VALUES (?, ?, ?)",
               ["msg_#{SecureRandom.uuid}", event(id, email, revision, agreement).to_json, agreement])
  end
end

# The whole booking as its customer may see it: change this for your own columns.
def event(id, email, revision, agreement)
  in_days = ->(days) { (Time.now.utc + 86_400 * days).iso8601 }
  morning = ->(days) { "#{in_days[days][0, 10]}T14:00:00Z" } # nine or ten in New York
  document = agreement && { document_id: "agreement", kind: "agreement", title: "Rental agreement", issued_at: in_days[0],
                            file: { key: "documents/#{id}/agreement.pdf", size_bytes: File.size(agreement) } }
  { "detail-type": "booking.confirmed", detail: {
    metadata: { event_id: "#{id}.#{revision}", schema_version: "1.1", occurred_at: in_days[0], notify: true },
    booking: {
      booking_id: id, reference: "GCO-7301", revision: revision, status: "confirmed",
      customer: { email: email, name: "Ana Ruiz" },
      starts_at: morning[30], ends_at: morning[33], time_zone: "America/New_York",
      carts: [{ asset_type: "6-Seater Premium", name: "Cart #21", seats: 6 }],
      fulfilment: { method: "pickup" }, documents: [document].compact,
    } } }
end

# Standard Webhooks: HMAC-SHA-256 of id, time and body with what whsec_ stands before, in Base64.
def signature(webhook_id, now, body)
  key = ENV.fetch("WEBHOOK_SECRET").delete_prefix("whsec_").unpack1("m0")
  "v1,#{[OpenSSL::HMAC.digest("SHA256", key, "#{webhook_id}.#{now}.#{body}")].pack("m0")}"
end

# The answer to a signed request: its status, its Retry-After in seconds, its body.
def posted(path, webhook_id, body)
  now = Time.now.to_i
  sent(Net::HTTP::Post, ENV.fetch("WEBHOOK_URL") + path, body, {
    "content-type" => "application/json", "webhook-id" => webhook_id, "webhook-timestamp" => now.to_s,
    "webhook-signature" => signature(webhook_id, now, body) })
end

def sent(method, url, body, headers)
  uri = URI(url)
  request = method.new(uri, headers)
  request.body = body
  options = { use_ssl: uri.scheme == "https", open_timeout: 10, read_timeout: 10, max_retries: 0 }
  answer = Net::HTTP.start(uri.host, uri.port, **options) { |http| http.request(request) }
  [answer.code.to_i, answer["retry-after"].to_i, answer.body]
rescue SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, Net::HTTPBadResponse => e
  [0, 0, e.message] # no connection, cut off, timed out
end

# Uploads the PDF, if there is one, and posts the event; ends at the first answer that is not fine.
def attempt(webhook_id, event, pdf)
  if pdf
    content = File.binread(pdf)
    promise = { booking_id: JSON.parse(event).dig("detail", "booking", "booking_id"), document_id: "agreement",
                size_bytes: content.bytesize, sha256: Digest::SHA256.hexdigest(content) }
    status, retry_after, body = posted("/documents", "#{webhook_id}_pdf", promise.to_json)
    return [status, retry_after, body] if status != 200
    put = JSON.parse(body)
    status, retry_after, body = sent(Net::HTTP::Put, put["url"], content, put["headers"])
    return [status == 403 ? 503 : status, retry_after, body] if status != 200 # its address ends after 15 minutes
  end
  posted("", webhook_id, event)
end

# Delivers until nothing waits any more; says what was refused.
def deliver
  while (row = DB.get_first_row("SELECT * FROM outbox WHERE refused IS NULL ORDER BY not_before, rowid LIMIT 1"))
    id = row["webhook_id"]
    pause = row["not_before"] - Time.now.to_f
    if pause.positive?
      sleep [pause, 1].min # meanwhile something may come that need not wait
      next
    end
    status, retry_after, body = attempt(id, row["event"], row["pdf"])
    case status
    when 202
      DB.execute("DELETE FROM outbox WHERE webhook_id = ?", [id])
    when 401
      abort "#{id}: the portal does not know the signature: is WEBHOOK_SECRET the stack's, and this clock right?"
    when 429, (0...400), (500..) # the same event again, later: at least as late as it says
      pause = [retry_after, rand(0.5..1.0) * [2**row["tries"], 3600].min].max
      DB.execute("UPDATE outbox SET tries = tries + 1, not_before = ? WHERE webhook_id = ?", [Time.now.to_f + pause, id])
    else # 422 and the like: sent again it would be refused again, so somebody has to mend it
      DB.execute("UPDATE outbox SET refused = ? WHERE webhook_id = ?", ["#{status} #{body}", id])
      warn "#{id} is refused: #{status} #{body}"
    end
  end
end

command, *arguments = ARGV
command == "book" ? book(*arguments) : deliver
