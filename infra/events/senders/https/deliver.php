<?php
// Writes a booking and its event in one transaction, and delivers what is in the outbox, without a key of AWS.
//
//     php deliver.php book BOOKING_ID EMAIL [AGREEMENT.pdf]    what belongs where a booking system saves a booking
//     php deliver.php deliver                                  what runs all the time, or every minute by cron
//
// BOOKINGS is the SQLite file (with PDO, any database does); WEBHOOK_URL and WEBHOOK_SECRET are the stack's output WebhookUrl
// and what its secret holds. It needs the extensions curl and pdo_sqlite. An event that is delivered twice changes nothing, so
// two of these may run at once, and each may die at any point.

// Your own code that saves a booking, with one line more. Whoever saves it again counts its revision up.
function book(PDO $db, string $id, string $email, ?string $agreement = null): void {
    $db->beginTransaction(); // one transaction: the booking and its event are both there, or neither
    $db->prepare("INSERT INTO bookings VALUES (?, ?, 'confirmed', 1, ?) ON CONFLICT DO UPDATE SET revision = revision + 1,
        email = excluded.email, agreement = excluded.agreement")->execute([$id, $email, $agreement]);
    $saved = $db->prepare("SELECT revision FROM bookings WHERE booking_id = ?");
    $saved->execute([$id]);
    $event = event($id, $email, (int) $saved->fetchColumn(), $agreement);
    $db->prepare("INSERT INTO outbox (webhook_id, event, pdf) VALUES (?, ?, ?)")
        ->execute(["msg_" . bin2hex(random_bytes(16)), json_encode($event), $agreement]);
    $db->commit();
}

// The whole booking as its customer may see it: change this for your own columns.
function event(string $id, string $email, int $revision, ?string $agreement): array {
    $in_days = fn(int $days) => gmdate("Y-m-d\TH:i:s\Z", time() + 86400 * $days);
    $morning = fn(int $days) => substr($in_days($days), 0, 10) . "T14:00:00Z"; // nine or ten in New York
    $document = fn() => ["document_id" => "agreement", "kind" => "agreement", "title" => "Rental agreement", "issued_at" => $in_days(0),
        "file" => ["key" => "documents/$id/agreement.pdf", "size_bytes" => filesize($agreement)]];
    return ["detail-type" => "booking.confirmed", "detail" => [
        "metadata" => ["event_id" => "$id.$revision", "schema_version" => "1.1", "occurred_at" => $in_days(0), "notify" => true],
        "booking" => [
            "booking_id" => $id, "reference" => "GCO-7301", "revision" => $revision, "status" => "confirmed",
            "customer" => ["email" => $email, "name" => "Ana Ruiz"],
            "starts_at" => $morning(30), "ends_at" => $morning(33), "time_zone" => "America/New_York",
            "carts" => [["asset_type" => "6-Seater Premium", "name" => "Cart #21", "seats" => 6]],
            "fulfilment" => ["method" => "pickup"], "documents" => $agreement ? [$document()] : []]]];
}

// Standard Webhooks: HMAC-SHA-256 of id, time and body with what whsec_ stands before, in Base64.
function signature(string $webhook_id, int $now, string $body): string {
    $key = base64_decode(preg_replace("/^whsec_/", "", getenv("WEBHOOK_SECRET")), true);
    return "v1," . base64_encode(hash_hmac("sha256", "$webhook_id.$now.$body", $key, true));
}

// The answer to a signed request: its status, its Retry-After in seconds, its body.
function posted(string $path, string $webhook_id, string $body): array {
    $now = time();
    return sent("POST", getenv("WEBHOOK_URL") . $path, $body, ["content-type: application/json", "webhook-id: $webhook_id",
        "webhook-timestamp: $now", "webhook-signature: " . signature($webhook_id, $now, $body)]);
}

function sent(string $method, string $url, string $body, array $headers): array {
    $retry_after = 0;
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$retry_after) {
            if (preg_match("/^retry-after: *(\d+)/i", $line, $found)) $retry_after = (int) $found[1];
            return strlen($line);
        }]);
    $answer = curl_exec($curl); // false where there is no connection, or it was cut off or timed out: then the status is 0
    return [$answer === false ? 0 : curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $retry_after, $answer ?: curl_error($curl)];
}

// Uploads the PDF, if there is one, and posts the event; ends at the first answer that is not fine.
function attempt(string $webhook_id, string $event, ?string $pdf): array {
    if ($pdf !== null) {
        $content = file_get_contents($pdf);
        $promise = ["booking_id" => json_decode($event)->detail->booking->booking_id, "document_id" => "agreement",
            "size_bytes" => strlen($content), "sha256" => hash("sha256", $content)];
        $answer = posted("/documents", "{$webhook_id}_pdf", json_encode($promise));
        if ($answer[0] !== 200) return $answer;
        $put = json_decode($answer[2], true);
        $headers = array_map(fn($name, $value) => "$name: $value", array_keys($put["headers"]), $put["headers"]);
        $answer = sent("PUT", $put["url"], $content, $headers);
        if ($answer[0] !== 200) return [$answer[0] === 403 ? 503 : $answer[0], $answer[1], $answer[2]]; // its address ends after 15 minutes
    }
    return posted("", $webhook_id, $event);
}

// Delivers until nothing waits any more; says what was refused.
function deliver(PDO $db): void {
    $next = "SELECT * FROM outbox WHERE refused IS NULL ORDER BY not_before, rowid LIMIT 1";
    while ($row = $db->query($next)->fetch(PDO::FETCH_ASSOC)) {
        if (($pause = $row["not_before"] - microtime(true)) > 0) {
            usleep((int) (1e6 * min($pause, 1))); // meanwhile something may come that need not wait
            continue;
        }
        [$status, $retry_after, $body] = attempt($row["webhook_id"], $row["event"], $row["pdf"]);
        if ($status === 202) {
            $db->prepare("DELETE FROM outbox WHERE webhook_id = ?")->execute([$row["webhook_id"]]);
        } elseif ($status === 401) {
            throw new RuntimeException("$row[webhook_id]: the portal does not know the signature: "
                . "is WEBHOOK_SECRET the stack's, and this clock right?");
        } elseif ($status === 429 || $status < 400 || $status >= 500) { // the same event again, later: at least as late as it says
            $pause = max($retry_after, mt_rand(500, 1000) / 1000 * min(2 ** $row["tries"], 3600));
            $db->prepare("UPDATE outbox SET tries = tries + 1, not_before = ? WHERE webhook_id = ?")
                ->execute([microtime(true) + $pause, $row["webhook_id"]]);
        } else { // 422 and the like: sent again it would be refused again, so somebody has to mend it
            $db->prepare("UPDATE outbox SET refused = ? WHERE webhook_id = ?")->execute(["$status $body", $row["webhook_id"]]);
            fwrite(STDERR, "$row[webhook_id] is refused: $status $body\n");
        }
    }
}

$db = new PDO("sqlite:" . (getenv("BOOKINGS") ?: "bookings.db"), options: [PDO::ATTR_TIMEOUT => 30]);
$db->exec("CREATE TABLE IF NOT EXISTS bookings (booking_id TEXT PRIMARY KEY, email TEXT, status TEXT, revision INTEGER, agreement TEXT);
    CREATE TABLE IF NOT EXISTS outbox (webhook_id TEXT PRIMARY KEY, event TEXT, pdf TEXT, tries INTEGER DEFAULT 0,
        not_before REAL DEFAULT 0, refused TEXT)");
["book" => book(...), "deliver" => deliver(...)][$argv[1]]($db, ...array_slice($argv, 2));
