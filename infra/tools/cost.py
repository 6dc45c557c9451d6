"""What a stack costs in a month: calls measured on the local stack, prices of prices.json, alarms as template.yaml has them.

    cost.py TEMPLATE PORTAL_LOCAL [FUNCTIONS]

Every customer rents once in the month and does what `month` says. What each of these acts calls is counted on the local stack
(`/_local/calls`, `/_local/invocations`, `/_local/log`), not guessed; what cannot be counted there is a constant below, with its
source. Prices are list prices; what an account has free of charge each month is shown as a row of its own, since a second
stack in the account does not have it.
"""

import base64
import collections
import datetime
import hmac
import itertools
import json
import math
import pathlib
import re
import sys
import time

import boto3

import local_stack
from local_stack import answered, local, soon
from template import Template

HERE = pathlib.Path(__file__).parent
SAMPLES = HERE.parent / "events/samples"
PRICES = json.loads((HERE / "prices.json").read_text(encoding="utf-8"))
CUSTOMERS = [0, 100, 1_000, 10_000]
STACKS = 200

HOURS = 730  # of a month
# Lambda keeps five long polls of 20 s open at each queue that feeds a function, however idle: at most so many requests.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS, POLL_SECONDS = 5, 20
# A call of a function to AWS: what `make bench` has its store take. Calls are counted as if one followed the other.
CALL_MS = 20
# CPU of a cold start with its first answer over TLS (3.9 ms of a whole core, `make bench`), at the share of a core that
# 256 MB have (0.144): each invocation counts as a cold one, as most are in a small portal.
COLD_MS = 3.9 / 0.144
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html: bytes that count with each line.
LINE_OVERHEAD = 26
PDF_BYTES = 100_000  # an agreement or a receipt: a guess, and the only one about size
LOG_COMPRESSED = 0.2  # of what is taken in; of logs that are kept for a month
MONTHS_KEPT = 12  # the table and the bucket after a year; the portal deletes no booking by itself

# Without a parameter for it in the template: what a stack can do without, if somebody looks at the rest.
ESSENTIAL = ["FailedRequests", "MailDeadLettersAlarm", "BookingDeadLettersAlarm", "FeedbackDeadLettersAlarm", "SendingPausedAlarm",
             "MailsWait", "BookingEventsWait"]

# What has a row of its own.
WEBHOOKS = {"AcceptWebhooks": "true"}

ROWS = {
    "Lambda": ["lambda_requests", "lambda_gb_seconds"],
    "API Gateway, traffic": ["http_requests", "transfer_gb"],
    "DynamoDB": ["write_units", "read_units", "table_gb", "table_pitr_gb"],
    "S3": ["s3_puts", "s3_gets", "s3_gb"],
    "SQS": ["sqs_requests"],
    "EventBridge": ["events"],
    "SES": ["mails"],
    "Secrets Manager": ["secrets", "secret_calls"],
    "Logs": ["log_gb", "log_kept_gb"],
    "Custom metrics": ["metrics"],
}


class Life:
    """One customer at the local stack, and what each act makes the portal do."""

    def __init__(self, port, template):
        self.port, self.endpoints = port, local(port, "endpoints")
        self.address, self.revision, self.cookie = "cost@example.com", 0, ""
        functions, shared = template.resources("AWS::Serverless::Function"), template.document["Globals"]["Function"]
        self.workers = [name for name in functions if queues(template, name)]
        self.memory_gb = {name: own["Properties"].get("MemorySize", shared["MemorySize"]) / 1024 for name, own in functions.items()}
        self.access_line = len(template.document["Resources"]["Portal"]["Properties"]["AccessLogSettings"]["Format"])
        text = (SAMPLES / "document.issued.json").read_text(encoding="utf-8")
        begins = datetime.date.fromisoformat(json.loads(text)["Detail"]["booking"]["starts_at"][:10])
        later = datetime.date.today() + datetime.timedelta(10) - begins
        self.sample = re.sub(r"\d{4}-\d\d-\d\d(?=T)", lambda day: str(datetime.date.fromisoformat(day[0]) + later), text)

    def client(self, service, key=None):
        return boto3.client(service, endpoint_url=self.endpoints[key or service], region_name=self.endpoints["region"],
                            aws_access_key_id=self.endpoints["access_key_id"], aws_secret_access_key=self.endpoints["secret_access_key"])

    def month(self):
        """Each act, and how often a customer does it in the month of a rental."""
        return {
            "a booking is confirmed and its mail sent": (self.confirmed, 1),
            "the booking changes (a document, a delivery's steps, its return)": (self.changed, 5),
            "a mail's link is looked at by a scanner and by the customer, and followed": (self.followed, 2),
            "a link is asked for": (self.asked, 1),
            "the dashboard is opened": (lambda: self.page("/"), 8),
            "a booking's page is opened": (lambda: self.page("/bookings/bkg_cost"), 4),
            "a document is opened": (self.document, 2),
            "the calendar file is saved": (lambda: self.page("/bookings/bkg_cost/calendar.ics"), 1),
        }

    def publish(self, kind, **metadata):
        entry = json.loads(self.sample)
        self.revision += 1
        booking = entry["Detail"]["booking"]
        booking |= {"booking_id": "bkg_cost", "reference": "GCO-COST", "revision": self.revision}
        booking["customer"]["email"] = self.address
        file = booking["documents"][0]["file"]
        file["key"] = "documents/bkg_cost/doc_sample_agreement.pdf"
        if self.revision == 1:
            self.client("s3").put_object(Bucket=self.endpoints["bucket"], Key=file["key"], Body=b"%PDF-1.4\n%%EOF\n")
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        entry["Detail"]["metadata"] |= {"event_id": f"evt_cost_{self.revision}", "occurred_at": now} | metadata
        entry |= {"DetailType": kind, "Detail": json.dumps(entry["Detail"]), "EventBusName": self.endpoints["bus"]}
        answer, body = answered(self.port, "POST", "/_local/events", json.dumps([entry]))
        if answer.status != 200 or json.loads(body)["FailedEntryCount"]:
            sys.exit(f"the bus did not take an event: {body[:300]}")
        return {"events": 1}

    def posted(self):
        """An event over HTTPS, as senders sign it."""
        webhook = self.endpoints["webhook"]
        entry = json.loads(self.sample)
        self.revision += 1
        entry["Detail"]["booking"]["revision"] = self.revision
        body = json.dumps({"detail-type": "booking.updated", "detail": entry["Detail"]})
        at, key = str(int(time.time())), base64.b64decode(webhook["secret"].removeprefix("whsec_"))
        signature = base64.b64encode(hmac.digest(key, f"msg_1.{at}.{body}".encode(), "sha256")).decode()
        headers = {"content-type": "application/json", "webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
        return self.request("POST", "/events", [202], body, **headers)[1]

    def mail(self, before):
        mails = [mail for mail in local(self.port, "mails") if mail["to"] == [self.address]]
        return mails[0] if len(mails) > before else None

    def confirmed(self):
        used = self.publish("booking.confirmed", notify=True)
        self.link = soon("the confirmation", lambda: self.mail(0))
        return used | {"s3_puts": 1, "s3_gb": PDF_BYTES / 1e9 * MONTHS_KEPT}

    def changed(self):
        return self.publish("booking.updated")

    def request(self, method, path, expected, body=None, **headers):
        answer, data = answered(self.port, method, path, body, **{"cookie": self.cookie, "accept-encoding": "gzip"} | headers)
        if answer.status not in expected:
            sys.exit(f"{method} {path} is answered with {answer.status}")
        size = len(data) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        return answer, {"http_requests": 1, "transfer_gb": size / 1e9}

    def page(self, path):
        return self.request("GET", path, [200])[1]

    def followed(self):
        path = re.search(r"^http://[^/]+(/link/\S+)$", self.link["text"], re.MULTILINE)[1]
        used = [self.request("GET", path, [200])[1] for _ in range(2)]
        answer, posted = self.request("POST", path, [303])
        cookies = answer.headers.get_all("set-cookie", [])
        self.cookie = next(cookie for cookie in cookies if cookie.startswith("__Host-session=")).split(";")[0]
        return summed([*used, posted])

    def asked(self):
        used = [self.request("GET", "/sign-in", [200, 303])[1]]
        content = {"content-type": "application/x-www-form-urlencoded"}
        used.append(self.request("POST", "/sign-in", [303], f"email={self.address}", **content)[1])
        used.append(self.request("GET", "/sign-in/sent", [200])[1])
        soon("the mail that was asked for", lambda: self.mail(1))
        return summed(used)

    def document(self):
        answer, used = self.request("GET", "/bookings/bkg_cost/documents/doc_sample_agreement", [302, 303])
        if "X-Amz-Signature" not in answer.headers["location"]:
            sys.exit("the document has no presigned address")
        return summed([used, {"s3_gets": 1, "transfer_gb": PDF_BYTES / 1e9}])

    # What an act did.

    def settled(self):
        """Waits until the portal does nothing more."""
        last, since = None, time.monotonic()
        while time.monotonic() - since < 2:
            now = self.state()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.2)
        return last

    def state(self):
        return len(local(self.port, "calls")), len(local(self.port, "invocations")), len(local(self.port, "log"))

    def measured(self, act):
        """What an act uses, by names of prices, but for its calls to AWS; which custom metrics it counts; those calls."""
        calls, invocations, lines = self.settled()
        used = collections.Counter(act())
        self.settled()
        made = [call for call in local(self.port, "calls")[calls:] if call["request_id"]]
        done = local(self.port, "invocations")[invocations:]
        for invocation in done:
            own = sum(call["request_id"] == invocation["request_id"] for call in made)
            used["lambda_requests"] += 1
            used["lambda_gb_seconds"] += (own * CALL_MS + COLD_MS) / 1000 * self.memory_gb[invocation["function"]]
            if invocation["function"] in self.workers:
                used["sqs_requests"] += 2  # the poller's receive and delete
        if used["events"]:
            used["sqs_requests"] += used["events"]  # what the rule sends: EventBridge's own, counted all the same
        metrics = collections.Counter()
        for line in local(self.port, "log")[lines:]:
            used["log_gb"] += (len(line["line"].encode()) + LINE_OVERHEAD) / 1e9
            if line["line"].startswith('{"_aws"'):
                count = json.loads(line["line"])
                name = count["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"]
                metrics[count["FunctionName"], name] += 1
        used["log_gb"] += used["http_requests"] * (self.access_line + LINE_OVERHEAD) / 1e9
        return used, metrics, made

    def table_bytes(self):
        """The bytes of the customer's items, and of the booking's alone."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.endpoints["table"])
        items = [item for page in pages for item in page["Items"]]
        owner = next((item["owner"] for item in items if item["pk"] == {"S": "BOOKING#bkg_cost"} and "owner" in item), None)

        def size(item):  # as JSON, without what says each value's type: a little more than DynamoDB counts
            return sum(len(name) + len(json.dumps(value, default=str)) - 9 for name, value in item.items())

        own = [item for item in items if owner and owner["S"] in item["pk"]["S"] or item["pk"]["S"] == "BOOKING#bkg_cost"]
        booking = max((size(item) for item in own if item["sk"]["S"] == "BOOKING"), default=0)
        return sum(map(size, own)), booking


def units(call, booking_bytes):
    """A call to AWS in what is paid for. Items of BOOKING# have the size that the table shows, others are below 1 KB."""
    service, action = call["service"], call["action"]
    if service == "ses":
        return {"mails": action == "SendEmail"}
    if service == "sqs":
        return {"sqs_requests": 1}
    if service == "secretsmanager":
        return {"secret_calls": 1}
    if service == "s3":
        return {"s3_gets" if action in ("GetObject", "HeadObject") else "s3_puts": 1}
    if service != "dynamodb":
        return {}
    keys = [key for need in call["needs"] for key in need.get("context", {}).get("dynamodb:LeadingKeys", [""])]
    sizes = [booking_bytes if key.startswith("BOOKING#") else 1000 for key in keys]
    if action in ("BatchGetItem", "GetItem", "Query", "Scan"):  # each counted as a strong one
        return {"read_units": sum(math.ceil(size / 4096) for size in sizes)}
    twice = 2 if action == "TransactWriteItems" else 1
    return {"write_units": twice * sum(math.ceil(size / 1024) for size in sizes)}


def summed(parts):
    total = collections.Counter()
    for part in parts:
        total.update(part)
    return total


def measured(port, template):
    """What a customer's month uses, which metrics it counts, and its acts."""
    life = Life(port, template)
    soon("the mail of the demo data", lambda: local(port, "mails"))
    acts = [(name, times, *life.measured(act)) for name, (act, times) in life.month().items()]
    # Without what an instance asks for at its start: its secret, which it asks for every five minutes besides.
    posted = life.measured(life.posted)
    own, booking = life.table_bytes()
    total, metrics = collections.Counter(), collections.Counter()
    for _, times, used, counted, calls in acts:
        used.update(summed(units(call, booking) for call in calls))
        for unit, count in used.items():
            total[unit] += count * times
        for metric, count in counted.items():
            metrics[metric] += count * times
    total["table_gb"] = total["table_pitr_gb"] = own / 1e9 * MONTHS_KEPT
    total["log_kept_gb"] = total["log_gb"] * LOG_COMPRESSED
    # What becomes of an event once it is on the queue is the same as where it came over the bus: what is left is the difference.
    used, _, calls = posted
    used.update(summed(units(call, booking) for call in calls))
    used.subtract(next(changed for name, _, changed, *_ in acts if name.startswith("the booking changes")))
    return total, metrics, acts, used


def queues(template, function):
    events = template.document["Resources"][function]["Properties"].get("Events", {}).values()
    return [event for event in events if event["Type"] == "SQS"]


# What stands whether anybody rents or not.


def alarms(template):
    """Each alarm, and how many metrics it is paid for: those of an expression count one by one."""
    found = {}
    for name in template.resources("AWS::CloudWatch::Alarm"):
        metrics = template.document["Resources"][name]["Properties"].get("Metrics", [])
        there = (metric["Fn::If"][1] if "Fn::If" in metric and template.holds(metric["Fn::If"][0]) else metric for metric in metrics)
        found[name] = sum("MetricStat" in metric for metric in there) or 1
    return found


def choices(path):
    """Each choice of watching that the template's parameters give, by its words."""
    document = Template(path, {}).document
    conditions = {
        resource["Condition"] for resource in document["Resources"].values()
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard") and "Condition" in resource
    }
    names = sorted(parameter for parameter in mentioned(document, conditions)
                   if "AllowedValues" in document["Parameters"][parameter] and parameter not in WEBHOOKS)
    values = [[str(value) for value in document["Parameters"][name]["AllowedValues"]] for name in names]
    return [dict(zip(names, chosen)) for chosen in itertools.product(*values)]


def mentioned(document, conditions):
    """The parameters that conditions depend on."""
    found, seen, todo = set(), set(), list(conditions)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        text = json.dumps(document["Conditions"][name])
        found |= set(re.findall(r'"Ref": "(\w+)"', text)) & set(document["Parameters"])
        todo += [other for other in re.findall(r'"Condition": "(\w+)"', text) if other in document["Conditions"]]
    return found


def watching(template, only=None):
    """Alarm metrics and dashboards."""
    kept = {name: count for name, count in alarms(template).items() if only is None or name in only}
    return sum(kept.values()), len(kept), 0 if only is not None else len(template.resources("AWS::CloudWatch::Dashboard"))


def standing(template):
    polled = sum(len(queues(template, name)) for name in template.resources("AWS::Serverless::Function"))
    return collections.Counter({
        "sqs_requests": polled * POLLERS * HOURS * 3600 / POLL_SECONDS,
        "secrets": len(template.resources("AWS::SecretsManager::Secret")),
    })


# The table.


def price(unit, amount):
    return amount * PRICES["prices"][unit]["usd"] / PRICES["prices"][unit]["per"]


def of_month(customers, month, metrics, fixed):
    """What so many customers use. A metric is paid for by the hour in which it has data: so many of them, at random moments."""
    used = collections.Counter(fixed)
    for unit, count in month.items():
        used[unit] += count * customers
    used["metrics"] = sum(1 - math.exp(-count * customers / HOURS) for count in metrics.values())
    return used


def free_of_charge(used):
    return sum(price(unit, min(amount, PRICES["prices"][unit]["free"])) for unit, amount in used.items())


def line(cells):
    return "| " + " | ".join(cells) + " |"


def dollars(amount):
    return "0" if amount == 0 else "< 0.01" if 0 < amount < 0.005 else f"{amount:,.2f}"


def printed(template, path, month, metrics, acts, posted):
    print(f"US dollars a month, {PRICES['region']}, list prices of {PRICES['date']}. Every customer rents once in the month:\n")
    print(line(["an act of a customer", "times", "Lambda", "writes", "reads", "HTTP", "SQS", "mails"]))
    print(line(["---"] + ["---:"] * 7))
    for name, times, used, *_ in acts:
        shown = ("lambda_requests", "write_units", "read_units", "http_requests", "sqs_requests", "mails")
        print(line([name, str(times)] + [f"{used[unit]:.0f}" for unit in shown]))
    months = {customers: of_month(customers, month, metrics, standing(template)) for customers in CUSTOMERS}
    print("\n" + line(["customers"] + [f"{customers:,}" for customers in CUSTOMERS]))
    print(line(["---"] + ["---:"] * len(CUSTOMERS)))
    sums = collections.Counter()
    for row, paid in ROWS.items():
        amounts = {customers: sum(price(unit, months[customers][unit]) for unit in paid) for customers in CUSTOMERS}
        sums.update(amounts)
        print(line([row] + [dollars(amounts[customers]) for customers in CUSTOMERS]))
    given = choices(path)
    variants = []
    for chosen in given:
        name = ", ".join(f"{parameter}={value}" for parameter, value in chosen.items()) or "all alarms and the dashboard"
        variants.append((name, watching(Template(path, {"AlarmAddress": "alarms@example.com"} | chosen))))
    if given == [{}]:
        variants.append(("the essential alarms alone", watching(template, ESSENTIAL)))
        variants.append(("no alarms, no dashboard", (0, 0, 0)))
    for name, (metrics_of_alarms, count, dashboards) in variants:
        amount = price("alarm_metrics", metrics_of_alarms) + price("dashboards", dashboards)
        words = f"{name}: {count} alarms on {metrics_of_alarms} metrics, {dashboards} dashboard{'s' * (dashboards != 1)}"
        print(line([words] + [dollars(amount)] * len(CUSTOMERS)))
        print(line(["**together**"] + [f"**{dollars(sums[customers] + amount)}**" for customers in CUSTOMERS]))
        free = {customers: free_of_charge(months[customers] | collections.Counter(alarm_metrics=metrics_of_alarms, dashboards=dashboards))
                for customers in CUSTOMERS}
        print(line(["in an account with nothing else, whose allowance goes off"]
                   + [dollars(sums[customers] + amount - free[customers]) for customers in CUSTOMERS]))
    for chosen in given:
        taking = Template(path, {"AlarmAddress": "alarms@example.com"} | WEBHOOKS | chosen)
        more = watching(taking)[0] - watching(Template(path, {"AlarmAddress": "alarms@example.com"} | chosen))[0]
        fixed = price("alarm_metrics", more) + price("secrets", standing(taking)["secrets"] - standing(template)["secrets"])
        event = sum(price(unit, amount) for unit, amount in posted.items())
        words = ", ".join(f"{parameter}={value}" for parameter, value in (WEBHOOKS | chosen).items())
        print(f"\n{words}: {dollars(fixed)} more, for a secret and {more} metrics of alarms; and {event * 1e6:.2f} more for a million "
              "events over HTTPS, one a request, than over the bus")
    print(f"\n{STACKS} stacks of 100 customers in one account:")
    for name, (metrics_of_alarms, _, dashboards) in variants:
        amount = price("alarm_metrics", metrics_of_alarms) + price("dashboards", dashboards)
        print(f"- {name}: {STACKS * (sums[100] + amount):,.0f}, of which alarms and dashboards {STACKS * amount:,.0f}")
    remembered = [unit for unit, entry in PRICES["prices"].items() if "from memory" in entry["seen"]]
    print(f"\nPrices to check, since they are from memory: {', '.join(remembered)}.")


def main():
    path, portal_local = sys.argv[1], sys.argv[2]
    template = Template(path, {"AlarmAddress": "alarms@example.com"})
    with local_stack.running(portal_local, TEMPLATE=path, PARAMS="AcceptWebhooks=true", **({"FUNCTIONS": sys.argv[3]} if len(sys.argv) > 3 else {})) as port:
        month, metrics, acts, posted = measured(port, Template(path, {"AlarmAddress": "alarms@example.com"} | WEBHOOKS))
    printed(template, path, month, metrics, acts, posted)


if __name__ == "__main__":
    main()
