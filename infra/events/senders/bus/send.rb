# Sends a confirmed booking with its rental agreement: ruby send.rb BOOKING_ID EMAIL AGREEMENT.pdf
# BUCKET and BUS are the stack's outputs DocumentsBucket and Bus. Region and credentials are those of any AWS client. It needs
# aws-sdk-s3 and no gem for EventBridge, whose one call is signed here; Aws::EventBridge::Client#put_events does the same.
# With DRY_RUN=1 it prints what it would send, and needs none of these.
require "aws-sdk-s3"
require "json"
require "net/http"
require "time"

id, email, agreement = ARGV
pdf, key = File.binread(agreement), "documents/#{id}/agreement.pdf"

in_days = ->(days) { (Time.now.utc + 86_400 * days).iso8601 }
morning = ->(days) { "#{in_days[days][0, 10]}T14:00:00Z" } # nine or ten in New York
detail = {
  metadata: { event_id: "#{id}.1", schema_version: "1.1", occurred_at: in_days[0], notify: true },
  booking: {
    booking_id: id, reference: "GCO-7301", revision: 1, status: "confirmed",
    customer: { email: email, name: "Ana Ruiz" },
    starts_at: morning[30], ends_at: morning[33], time_zone: "America/New_York",
    carts: [{ asset_type: "6-Seater Premium", name: "Cart #21", seats: 6 }],
    fulfilment: { method: "pickup" },
    documents: [{ document_id: "agreement", kind: "agreement", title: "Rental agreement", issued_at: in_days[0],
                  file: { key: key, size_bytes: pdf.bytesize } }],
  },
}
entries = [{ Source: "golfcartops.bookings", DetailType: "booking.confirmed", Detail: detail.to_json,
             EventBusName: ENV["BUS"] }]
if ENV["DRY_RUN"]
  puts entries.to_json
  exit
end
s3 = Aws::S3::Client.new({ endpoint: ENV["AWS_ENDPOINT_URL_S3"], force_path_style: true }.compact)
s3.put_object(bucket: ENV.fetch("BUCKET"), key: key, body: pdf, content_type: "application/pdf")
region, credentials = s3.config.region, s3.config.credentials
url = ENV["AWS_ENDPOINT_URL_EVENTBRIDGE"] || "https://events.#{region}.amazonaws.com"
signer = Aws::Sigv4::Signer.new(service: "events", region: region, credentials_provider: credentials)
headers = { "content-type" => "application/x-amz-json-1.1", "x-amz-target" => "AWSEvents.PutEvents" }
[0, 1, 2, 4, 8].each do |pause|
  sleep pause
  body = { Entries: entries }.to_json
  signature = signer.sign_request(http_method: "POST", url: url, headers: headers, body: body)
  answer = Net::HTTP.post(URI(url), body, headers.merge(signature.headers)).tap(&:value)
  answer = JSON.parse(answer.body)
  exit if answer["FailedEntryCount"].zero?
  entries = entries.zip(answer["Entries"]).filter_map { |entry, result| entry if result["ErrorCode"] }
end
abort "EventBridge did not take the booking"
