<?php
// Sends a confirmed booking with its rental agreement: php send.php BOOKING_ID EMAIL AGREEMENT.pdf
// BUCKET and BUS are the stack's outputs DocumentsBucket and Bus; AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and,
// where there is one, AWS_SESSION_TOKEN are the sender's. curl signs, so that nothing but php-curl need be installed; with
// AWS's SDK for PHP, `signed` is S3Client::putObject and EventBridgeClient::putEvents. With DRY_RUN=1 it prints what it would
// send, and needs none of these.
[, $id, $email, $agreement] = $argv;

function signed(string $service, string $method, string $path, string $body, array $headers): string {
    [$region, $token] = [getenv("AWS_REGION"), getenv("AWS_SESSION_TOKEN")];
    $endpoint = getenv(["s3" => "AWS_ENDPOINT_URL_S3", "events" => "AWS_ENDPOINT_URL_EVENTBRIDGE"][$service]);
    $curl = curl_init(($endpoint ?: "https://$service.$region.amazonaws.com") . $path);
    $headers = [...$headers, "X-Amz-Content-Sha256: " . hash("sha256", $body), ...($token ? ["X-Amz-Security-Token: $token"] : [])];
    curl_setopt_array($curl, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $headers,
        CURLOPT_USERPWD => getenv("AWS_ACCESS_KEY_ID") . ":" . getenv("AWS_SECRET_ACCESS_KEY"),
        CURLOPT_AWS_SIGV4 => "aws:amz:$region:$service", CURLOPT_RETURNTRANSFER => true, CURLOPT_FAILONERROR => true]);
    $answer = curl_exec($curl);
    return $answer !== false ? $answer : throw new RuntimeException("$service: " . curl_error($curl));
}

[$pdf, $key] = [file_get_contents($agreement), "documents/$id/agreement.pdf"];

$in_days = fn(int $days) => gmdate("Y-m-d\TH:i:s\Z", time() + 86400 * $days);
$morning = fn(int $days) => substr($in_days($days), 0, 10) . "T14:00:00Z"; // nine or ten in New York
$detail = [
    "metadata" => ["event_id" => "$id.1", "schema_version" => "1.1", "occurred_at" => $in_days(0), "notify" => true],
    "booking" => [
        "booking_id" => $id, "reference" => "GCO-7301", "revision" => 1, "status" => "confirmed",
        "customer" => ["email" => $email, "name" => "Ana Ruiz"],
        "starts_at" => $morning(30), "ends_at" => $morning(33), "time_zone" => "America/New_York",
        "carts" => [["asset_type" => "6-Seater Premium", "name" => "Cart #21", "seats" => 6]],
        "fulfilment" => ["method" => "pickup"],
        "documents" => [["document_id" => "agreement", "kind" => "agreement", "title" => "Rental agreement",
            "issued_at" => $in_days(0), "file" => ["key" => $key, "size_bytes" => strlen($pdf)]]],
    ],
];
$entries = [["Source" => "golfcartops.bookings", "DetailType" => "booking.confirmed", "Detail" => json_encode($detail),
    "EventBusName" => getenv("BUS") ?: null]];
if (getenv("DRY_RUN")) exit(json_encode($entries) . "\n");
signed("s3", "PUT", "/" . getenv("BUCKET") . "/$key", $pdf, ["Content-Type: application/pdf"]);
foreach ([0, 1, 2, 4, 8] as $pause) {
    sleep($pause);
    $answer = json_decode(signed("events", "POST", "/", json_encode(["Entries" => $entries]),
        ["Content-Type: application/x-amz-json-1.1", "X-Amz-Target: AWSEvents.PutEvents"]));
    if ($answer->FailedEntryCount === 0) exit;
    $entries = array_values(array_filter($entries, fn($i) => isset($answer->Entries[$i]->ErrorCode), ARRAY_FILTER_USE_KEY));
}
throw new RuntimeException("EventBridge did not take the booking");
