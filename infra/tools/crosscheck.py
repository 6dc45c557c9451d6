"""Runs the functions against AWS as others have rebuilt it: moto's server and ministack, neither written here.

    crosscheck.py TEMPLATE FUNCTIONS [moto|ministack …] [--weaken WEAKENING]

FUNCTIONS is the folder with the functions' binaries, as `make build` leaves them. They are started over a Runtime API of this
script's own, and get events of API Gateway (payload format 2.0) and batches of SQS as AWS documents them: nothing of
infra/emulator is used. Names, environment, routes, queues and rules are those of the template. `--weaken` breaks one thing, and
the walk must then fail; `--weaken all` tries each of them.

Known gaps, and what is done instead:

moto
- ListObjectVersions that goes on from a version which is gone finds nothing more (its two markers must name one that stands).
  The portal lists to the end before it deletes, and the walk has too few files for a second page.
- SES keeps of a mail its HTML and neither text, headers, tags nor configuration set (`/moto-api/data.json`), so the link is
  read there, and the bounce has the tags that SES would send back.
- No signature is checked, no presigned address expires, and no role refuses anything. ministack has these.

ministack
- SendEmail is asked of every resource, without ses:FromAddress, so send_mail's statement is reworded to that.
- Conditions on dynamodb:LeadingKeys are not evaluated: of the roles, actions and resources are. `make test` has the rest.
- HTTP APIs take no routes from an OpenAPI body, which is how SAM writes them, and every request has one source address. The
  script is the gateway, for both, and each browser has an address of its own.

Both
- TTL and redrive policies are taken, and nothing comes of them in a walk's time. A message that fails ends the walk.
- SES publishes no events to EventBridge, and its account-level suppression list holds nothing back. The report of a bounce is
  put on the default bus in SES's form; ministack refuses it there, as AWS would, so there it is put on the rule's queue.
- Policies of queues and buckets are not made: neither would act on them. Roles are trusted by the account, not by Lambda.
"""

import argparse
import base64
import contextlib
import datetime
import gzip
import hashlib
import html
import http.client
import http.server
import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

import boto3
import botocore.config
from template import Template, binary

REGION, STACK = "us-east-1", "crosscheck"
PATIENCE = 60  # seconds
SAMPLES = pathlib.Path(__file__).parents[1] / "events/samples"
PDF = b"%PDF-1.4\n% An agreement, as far as the portal looks into it.\n%%EOF\n"
PARAMETERS = {
    "BusinessName": "Crosscheck Carts", "BusinessPhone": "+1 912 555 0142", "BusinessEmail": "hello@crosscheck.example",
    "SenderAddress": "bookings@crosscheck.example", "TrackingHosts": "track.example.com", "PaymentHosts": "pay.example.com",
}
ANA, BRUNO = "ana@crosscheck-customers.example", "bruno@crosscheck-customers.example"


class Fault(Exception):
    """What is not as it should be."""


def expect(condition, what):
    if not condition:
        raise Fault(what)


def soon(what, ask, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.1)
    raise Fault(f"{what} did not come within {patience} s")


# The services.


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Moto:
    account, takes_events_of_aws, enforces_roles = "123456789012", True, False

    def command(self, port):
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], {}

    def reword(self, statement):
        pass

    def mails(self, endpoint):
        """Each mail as (addresses, subject, HTML)."""
        for mail in fetched(f"{endpoint}/moto-api/data.json")["ses"].get("Message", []):
            yield mail["destinations"]["ToAddresses"], mail["subject"], mail["body"]


class Ministack:
    account, takes_events_of_aws, enforces_roles = "000000000000", False, True

    def command(self, port):
        return [sys.executable, "-m", "ministack"], {
            "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING",
            "AUTH": "true",  # signatures are verified, and roles allow what they say and no more
            "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",  # which would listen to other machines, too
            "DOCKER_HOST": "unix:///nonexistent",  # or it would remove containers of other runs
        }

    def reword(self, statement):
        """Who may send is asked of every resource, and of nobody's From address."""
        if statement["Action"] == "ses:SendEmail":
            statement["Resource"] = "*"
            statement.pop("Condition", None)

    def mails(self, endpoint):
        for mails in fetched(f"{endpoint}/_ministack/ses/messages")["messages"].values():
            for mail in mails:
                expect(mail["BodyText"], "a mail has no text")
                yield mail["To"], mail["Subject"], mail["BodyHtml"]


SERVICES = {"moto": Moto, "ministack": Ministack}


def answered(address, **headers):
    """The answer to a GET, and its body."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
    answer = connection.getresponse()
    return answer, answer.read()


def fetched(address):
    return json.loads(answered(address)[1])


@contextlib.contextmanager
def serving(service, folder):
    """Starts the service on a free port of 127.0.0.1 and gives its address."""
    port = free_port()
    command, environment = service.command(port)
    with open(folder / "service.log", "wb") as log:
        process = subprocess.Popen(command, env=os.environ | {"HOME": str(folder), "TMPDIR": str(folder)} | environment,
                                   cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            def up():
                expect(process.poll() is None, f"the service did not start: {(folder / 'service.log').read_text()[-2000:]}")
                with contextlib.suppress(OSError):
                    return socket.create_connection(("127.0.0.1", port), 1).close() or True
            soon("the service", up)
            yield f"http://127.0.0.1:{port}"
        finally:
            stopped(process)


def stopped(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# The stack: what the template says, made by the service's own API.


class Stack:
    """Resources of the template. Each is made when it is first referred to, under a name such as CloudFormation gives."""

    def __init__(self, path, service, endpoint):
        self.service, self.endpoint, self.made = service, endpoint, {}
        self.suffix = uuid.uuid4().hex[:8]
        pseudo = {"AWS::Region": REGION, "AWS::AccountId": service.account, "AWS::StackName": STACK}
        self.template = Template(path, PARAMETERS, pseudo, self.attribute)
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        config = botocore.config.Config(region_name=REGION, retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        names = ("dynamodb", "s3", "sqs", "sesv2", "events", "secretsmanager", "iam", "sts")
        self.clients = {name: boto3.client(name, endpoint_url=endpoint, config=config, **credentials) for name in names}

    def __getattr__(self, name):
        return self.clients[name]

    def make(self):
        """What the walk needs. Policies, alarms, domains and logs are for AWS alone: nothing here would act on them."""
        for kind in self.makers:
            for name in self.template.resources(kind):
                self.attribute(name, "Ref")

    def attribute(self, name, attribute):
        if name not in self.made:
            kind = self.template.document["Resources"][name]["Type"]
            if kind not in self.makers:
                raise Fault(f"{name} ({kind}) is not made here, and something refers to its {attribute}")
            self.made[name] = self.makers[kind](self, f"{STACK}-{name}-{self.suffix}", lambda: self.template.properties(name))
        return self.made[name][attribute]

    def arn(self, service, rest):
        return f"arn:aws:{service}:{REGION}:{self.service.account}:{rest}"

    def api(self, name, _):
        identity = f"{self.suffix}ab"
        return {"Ref": identity, "ApiEndpoint": f"https://{identity}.execute-api.{REGION}.amazonaws.com"}

    def table(self, name, said):
        properties = said()
        given = {key: properties[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema", "DeletionProtectionEnabled")}
        self.dynamodb.create_table(TableName=name, SSESpecification={"Enabled": properties["SSESpecification"]["SSEEnabled"]}, **given)
        self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
        self.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"])
        soon("the table", lambda: self.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE")
        return {"Ref": name, "Arn": self.arn("dynamodb", f"table/{name}")}

    def bucket(self, name, said):
        properties = said()
        name = name.lower()
        self.s3.create_bucket(Bucket=name)
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
        self.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"])
        return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}

    def queue(self, name, said):
        properties = said()
        attributes = {key: json.dumps(value) if isinstance(value, dict) else str(value).lower() for key, value in properties.items()}
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return {"Ref": url, "QueueName": name, "Arn": self.arn("sqs", name)}

    def secret(self, name, said):
        properties = said()
        text = self.secretsmanager.get_random_password(**properties["GenerateSecretString"])["RandomPassword"]
        return {"Ref": self.secretsmanager.create_secret(Name=name, SecretString=text)["ARN"]}

    def identity(self, _, said):
        properties = said()
        self.sesv2.create_email_identity(EmailIdentity=properties["EmailIdentity"])
        return {"Ref": properties["EmailIdentity"]}

    def configuration_set(self, name, said):
        properties = said()
        self.sesv2.create_configuration_set(ConfigurationSetName=name, **properties)
        return {"Ref": name}

    def bus(self, _, said):
        properties = said()
        arn = self.events.create_event_bus(Name=properties["Name"])["EventBusArn"]
        return {"Ref": properties["Name"], "Arn": arn}

    def rule(self, _, said):
        properties = said()
        pattern, bus = properties["EventPattern"], properties.get("EventBusName", "default")
        pattern = pattern if isinstance(pattern, str) else json.dumps(pattern)
        self.events.put_rule(Name=properties["Name"], EventBusName=bus, EventPattern=pattern, State="ENABLED")
        failed = self.events.put_targets(Rule=properties["Name"], EventBusName=bus, Targets=properties["Targets"])
        expect(not failed["FailedEntryCount"], f"a rule takes no targets: {failed}")
        return {"Ref": properties["Name"]}

    def log_group(self, _, said):
        name = said()["LogGroupName"]
        return {"Ref": name, "Arn": self.arn("logs", f"log-group:{name}:*")}

    def role(self, name, said):
        """Trusted by this account, and not by Lambda, in whose place the script assumes it."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{self.service.account}:root"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        for policy in said()["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                self.service.reword(statement)
            self.iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
        return {"Ref": name, "Arn": arn}

    makers = {
        "AWS::Serverless::HttpApi": api, "AWS::DynamoDB::Table": table, "AWS::S3::Bucket": bucket, "AWS::SQS::Queue": queue,
        "AWS::SecretsManager::Secret": secret, "AWS::SES::EmailIdentity": identity, "AWS::Events::EventBus": bus,
        "AWS::SES::ConfigurationSet": configuration_set, "AWS::Events::Rule": rule, "AWS::Logs::LogGroup": log_group,
        "AWS::IAM::Role": role,
    }

    def environment(self, name):
        """A function's variables, with dynamic references worked out as CloudFormation does."""
        def resolved(found):
            return self.secretsmanager.get_secret_value(SecretId=found[1])["SecretString"]
        pattern = re.compile(r"\{\{resolve:secretsmanager:([^}]+)\}\}")
        return {variable: pattern.sub(resolved, value) for variable, value in self.template.environment(name).items()}

    def items(self):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.attribute("Table", "Ref"), ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def versions(self, prefix):
        found = self.s3.list_object_versions(Bucket=self.attribute("Documents", "Ref"), Prefix=prefix)
        return found.get("Versions", []) + found.get("DeleteMarkers", [])


# Lambda.


class Runtime(http.server.BaseHTTPRequestHandler):
    """The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        function = self.server.function
        identity, event, seconds = function.events.get()
        if identity is None:  # the end
            self.close_connection = True
            return
        self.answer(200, event, {
            "Lambda-Runtime-Aws-Request-Id": identity,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": function.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0",
        })

    def do_POST(self):
        chunked = self.headers.get("transfer-encoding") == "chunked"
        body = self.chunks() if chunked else self.rfile.read(int(self.headers["content-length"]))
        what = self.path.removeprefix("/2018-06-01/runtime/").split("/")
        self.server.function.answers.put((what[-1], what[1] if len(what) == 3 else None, body))
        self.answer(202, b'{"status": "OK"}', {})

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in (headers | {"content-type": "application/json", "content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Function:
    """One instance of a function; its process starts with the first event."""

    def __init__(self, stack, name, folder, logs):
        resource = stack.template.document["Resources"][name]
        self.name, self.stack, self.log = name, stack, logs / f"{name}.log"
        self.binary = folder / binary(name)
        self.function_name = stack.template.value(resource["Properties"]["FunctionName"])
        shared = stack.template.document["Globals"]["Function"]
        self.timeout = int(resource["Properties"].get("Timeout", shared["Timeout"]))
        self.memory = str(resource["Properties"].get("MemorySize", shared["MemorySize"]))
        self.arn = stack.arn("lambda", f"function:{self.function_name}")
        self.events, self.answers, self.process = queue.Queue(), queue.Queue(), None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
        self.server.daemon_threads, self.server.function = True, self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def start(self):
        role = self.stack.template.value(self.stack.template.document["Resources"][self.name]["Properties"]["Role"])
        credentials = self.stack.sts.assume_role(RoleArn=role, RoleSessionName=self.function_name)["Credentials"]
        environment = self.stack.environment(self.name) | {
            "PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.stack.endpoint,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023", "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.function_name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "_HANDLER": "bootstrap",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": self.memory, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{STACK}", "AWS_LAMBDA_LOG_STREAM_NAME": "crosscheck",
            "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO", "LAMBDA_TASK_ROOT": str(self.binary.parent),
        }
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(self.binary)], env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def invoke(self, event):
        if self.process is None:
            self.start()
        identity = str(uuid.uuid4())
        self.events.put((identity, json.dumps(event).encode(), self.timeout))
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                kind, answered, body = self.answers.get(timeout=0.2)
                expect(kind == "response" and answered == identity, f"{self.name}: {kind}: {body[:500]}\n{self.said()}")
                return json.loads(body)
            expect(self.process.poll() is None, f"{self.name} ended with {self.process.returncode}:\n{self.said()}")
        raise Fault(f"{self.name} did not answer within {self.timeout} s:\n{self.said()}")

    def said(self):
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])

    def stop(self):
        if self.process:
            stopped(self.process)
        self.events.put((None, None, 0))
        self.server.shutdown()
        self.server.server_close()


class Lambda:
    """The functions, behind API Gateway's routes and SQS's event source mappings."""

    def __init__(self, stack, folder, logs):
        self.stack = stack
        self.functions = {name: Function(stack, name, folder, logs) for name in stack.template.resources("AWS::Serverless::Function")}
        self.routes, self.sources = [], {}
        for name in self.functions:
            for event in stack.template.document["Resources"][name]["Properties"].get("Events", {}).values():
                properties = event["Properties"]
                if event["Type"] == "HttpApi":
                    self.routes.append((properties.get("Method", "ANY"), properties.get("Path"), name))
                else:
                    self.sources[name] = properties["Queue"]["Fn::GetAtt"][0], properties["BatchSize"]

    def stop(self):
        for function in self.functions.values():
            function.stop()

    def deliver(self, name):
        """Works off the function's queue until it is empty; says how many messages there were."""
        source, batch_size = self.sources[name]
        url, count, patience = self.stack.attribute(source, "Ref"), 0, PATIENCE
        while True:
            end, messages = time.monotonic() + patience, []
            while not messages and time.monotonic() < end:
                messages = self.stack.sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=batch_size, AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages", [])
                if not messages:
                    time.sleep(0.1)
            if not messages:
                return count
            answer = self.functions[name].invoke({"Records": [self.record(source, message) for message in messages]})
            expect(not (answer or {}).get("batchItemFailures"), f"{name} failed a message:\n{self.functions[name].said()}")
            for message in messages:
                self.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            count, patience = count + len(messages), 0.3

    def record(self, source, message):
        """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event"""
        return {
            "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
            "attributes": message["Attributes"], "messageAttributes": {}, "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs", "eventSourceARN": self.stack.attribute(source, "Arn"), "awsRegion": REGION,
        }

    def route(self, method, path):
        """The most specific route that matches, as (path of the route, parameters, function)."""
        found = []
        for of_method, pattern, name in self.routes:
            if pattern is None:
                found.append((99, "$default", {}, name))
            elif of_method == method:
                expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
                if match := re.fullmatch(expression, path):
                    found.append((len(match.groupdict()), f"{method} {pattern}", match.groupdict(), name))
        return min(found, key=lambda route: route[0])[1:]


class Browser:
    """Asks as a customer's browser does, over HTTPS at API Gateway, from an address of its own."""

    def __init__(self, functions, source):
        self.functions, self.source, self.cookies = functions, source, {}
        self.origin = functions.stack.attribute("Portal", "ApiEndpoint")

    def request(self, method, address, form=None):
        parts = urllib.parse.urlsplit(address)
        path, domain = parts.path or "/", self.origin.removeprefix("https://")
        key, parameters, name = self.functions.route(method, path)
        headers = {
            "host": domain, "accept": "text/html", "accept-encoding": "gzip, deflate, br", "accept-language": "en-US,en;q=0.9",
            "sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0 (crosscheck)", "content-length": "0",
            "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
            "x-forwarded-for": self.source, "x-forwarded-port": "443", "x-forwarded-proto": "https",
        }
        now = datetime.datetime.now(datetime.timezone.utc)
        event = {
            "version": "2.0", "routeKey": key, "rawPath": path, "rawQueryString": parts.query, "headers": headers,
            "requestContext": {
                "accountId": self.functions.stack.service.account, "apiId": domain.split(".")[0], "domainName": domain,
                "domainPrefix": domain.split(".")[0], "requestId": base64.b64encode(os.urandom(9)).decode() + "=", "routeKey": key,
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": self.source, "userAgent": headers["user-agent"]},
                "stage": "$default", "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"), "timeEpoch": int(now.timestamp() * 1000),
            },
            "isBase64Encoded": False,
        }
        if self.cookies:
            event["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        if parts.query:
            event["queryStringParameters"] = dict(urllib.parse.parse_qsl(parts.query))
        if parameters:
            event["pathParameters"] = parameters
        if method == "POST":
            body = urllib.parse.urlencode(form or {}).encode()
            headers |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body)), "origin": self.origin}
            if body:
                event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        return self.read(self.functions.functions[name].invoke(event))

    def read(self, answer):
        """Status, headers and text of an answer in the payload format 2.0; its cookies are kept."""
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        for cookie in answer.get("cookies", []):
            pair, _, attributes = cookie.partition(";")
            name, _, value = pair.partition("=")
            expect("secure" in attributes.lower() and "httponly" in attributes.lower(), f"the cookie {name} is open")
            self.cookies[name] = value
            if "max-age=0" in attributes.lower().replace(" ", ""):
                del self.cookies[name]
        body = answer.get("body") or ""
        data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        if headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        return answer["statusCode"], headers, data.decode("utf-8", "replace")


# The walk.


class Walk:
    def __init__(self, stack, functions, weakening):
        self.stack, self.functions, self.weakening, self.links = stack, functions, weakening, []
        self.ana, self.bruno = Browser(functions, "192.0.2.1"), Browser(functions, "198.51.100.7")

    def steps(self):
        """Each step by its name."""
        return {
            "a booking's event reaches project_bookings over bus, rule and queue": self.booked,
            "its confirmation is mailed once, with a link": self.confirmed,
            "the link signs in, once": self.signed_in,
            "the dashboard and the booking's page show what is hers, and not his": self.shown,
            "the document's presigned address gives the file": self.downloaded,
            "a link that is asked for comes by mail; signing out ends the session": self.asked_and_signed_out,
            "after a mail that came back nothing more is mailed": self.bounced,
            "an erasure leaves nothing of hers, and all of his": self.erased,
            "no log holds an address, a link or a cookie": self.discreet,
        }

    def booking(self, address, **changed):
        """The sample, ten days ahead, for another customer."""
        text = (SAMPLES / "booking.confirmed.json").read_text(encoding="utf-8")
        begins = datetime.date.fromisoformat(json.loads(text)["Detail"]["booking"]["starts_at"][:10])
        later = datetime.date.today() + datetime.timedelta(10) - begins
        text = re.sub(r"\d{4}-\d\d-\d\d(?=T)", lambda day: str(datetime.date.fromisoformat(day[0]) + later), text)
        entry = json.loads(text)
        now = datetime.datetime.now(datetime.timezone.utc)
        entry["Detail"]["metadata"] |= {"event_id": f"evt_{uuid.uuid4().hex}", "occurred_at": now.isoformat()}
        entry["Detail"]["booking"]["customer"]["email"] = address
        entry["Detail"]["booking"] |= changed
        return entry

    def publish(self, entry):
        entry = entry | {"Detail": json.dumps(entry["Detail"]), "EventBusName": self.stack.attribute("Bus", "Ref")}
        answer = self.stack.events.put_events(Entries=[entry])
        expect(not answer["FailedEntryCount"], f"the bus did not take an event: {answer}")
        count = self.functions.deliver("ProjectBookings")
        expect(count == 1, f"the queue had {count} messages of one event")
        refused = self.stack.sqs.receive_message(QueueUrl=self.stack.attribute("BookingDeadLetters", "Ref"), MessageAttributeNames=["All"])
        expect(not refused.get("Messages"), f"the event was refused: {refused}")

    def mails(self, address):
        """The mails to an address, each as (subject, link)."""
        found = []
        for to, subject, body in self.stack.service.mails(self.stack.endpoint):
            if to == [address]:
                link = re.search(r'href="(https://[^"]+/link/[^"]+)"', body)
                expect(link, "a mail has no link")
                found.append((subject, html.unescape(link[1])))
        return found

    def mailed(self, address, before=0):
        """The newest link that send_mail has mailed to an address, which had so many mails before."""
        self.functions.deliver("SendMail")
        mails = self.mails(address)
        expect(len(mails) == before + 1, f"{len(mails) - before} mails came, not 1:\n{self.functions.functions['SendMail'].said()}")
        subject, link = mails[-1]
        expect(link.startswith(f"{self.ana.origin}/link/"), "the link leads elsewhere than to PortalUrl")
        expect(subject.strip(), "the mail has no subject")
        self.links.append(link)
        return link

    def booked(self):
        bucket, key = self.stack.attribute("Documents", "Ref"), "documents/bkg_ana/doc_agreement.pdf"
        for content in (b"%PDF-1.4\nA draft.\n%%EOF\n", PDF):  # an older version is there, too
            self.stack.s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/pdf")
        self.stack.s3.put_object(Bucket=bucket, Key="documents/bkg_ana/deleted.pdf", Body=PDF)
        self.stack.s3.delete_object(Bucket=bucket, Key="documents/bkg_ana/deleted.pdf")
        issued = json.loads((SAMPLES / "document.issued.json").read_text(encoding="utf-8"))["Detail"]["booking"]["documents"][0]
        file = {"key": key, "size_bytes": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
        document = {"document_id": "doc_agreement", "kind": "agreement", "title": issued["title"],
                    "issued_at": datetime.datetime.now(datetime.timezone.utc).isoformat(), "file": file}
        self.publish(self.booking(ANA, booking_id="bkg_ana", reference="GCO-ANA", documents=[document]))
        self.publish(self.booking(BRUNO, booking_id="bkg_bruno", reference="GCO-BRUNO"))
        owners = {item["pk"]["S"]: item["owner"]["S"] for item in self.stack.items() if item["sk"]["S"] == "BOOKING"}
        expect(set(owners) == {"BOOKING#bkg_ana", "BOOKING#bkg_bruno"}, f"the table holds {sorted(owners)}")
        self.owner, self.other = owners["BOOKING#bkg_ana"], owners["BOOKING#bkg_bruno"]
        expect(self.owner != self.other, "two customers are one")

    def confirmed(self):
        self.functions.deliver("SendMail")
        mails = {address: self.mails(address) for address in (ANA, BRUNO)}
        counts = {address: len(found) for address, found in mails.items()}
        expect(counts == {ANA: 1, BRUNO: 1}, f"mails by address: {counts}\n{self.functions.functions['SendMail'].said()}")
        (_, self.link), (_, his) = mails[ANA][0], mails[BRUNO][0]
        self.links += [self.link, his]
        for link in self.links:
            expect(link.startswith(f"{self.ana.origin}/link/"), "the link leads elsewhere than to PortalUrl")
        status, headers, _ = self.bruno.request("POST", his)
        expect(status == 303, f"his link is answered with {status}")

    def signed_in(self):
        for _ in range(2):  # looking uses nothing
            status, _, page = self.ana.request("GET", self.link)
            expect(status == 200 and "<form" in page, f"the link's page is {status}")
        status, headers, _ = self.ana.request("POST", self.link)
        expect(status == 303 and "__Host-session" in self.ana.cookies, f"the link is answered with {status}, no session")
        status, _, page = self.ana.request("GET", headers["location"])
        expect(status == 200 and "GCO-ANA" in page, f"the link lands on {status}")
        status, _, _ = Browser(self.functions, "203.0.113.9").request("POST", self.link)
        expect(status == 410, f"the link works again: {status}")
        status, _, _ = Browser(self.functions, "203.0.113.9").request("POST", f"{self.ana.origin}/link/{'A' * 64}")
        expect(status == 404, f"a link that never was is answered with {status}")

    def shown(self):
        status, headers, page = self.ana.request("GET", "/")
        expect(status == 200 and "GCO-ANA" in page and "GCO-BRUNO" not in page, f"her dashboard is {status}, or not hers")
        expect(headers["cache-control"] == "no-store", "a personal page may be stored")
        status, _, page = self.ana.request("GET", "/bookings/bkg_ana")
        expect(status == 200 and "Rental agreement" in page, f"her booking's page is {status}, or names no document")
        foreign, none = self.ana.request("GET", "/bookings/bkg_bruno"), self.ana.request("GET", "/bookings/bkg_none")
        expect(foreign[0] == none[0] == 404 and foreign[2] == none[2], "his booking answers unlike one that does not exist")
        status, headers, _ = Browser(self.functions, "203.0.113.9").request("GET", "/")
        expect(status == 303 and headers["location"].startswith("/sign-in"), f"a stranger's dashboard is {status}")

    def downloaded(self):
        path = "/bookings/bkg_ana/documents/doc_agreement"
        status, headers, _ = self.ana.request("GET", path)
        expect(status in (302, 303), f"the document is answered with {status}")
        answer, body = answered(headers["location"])
        expect(answer.status == 200 and body == PDF, f"the presigned address gives {answer.status}: {body[:400]}")
        expect(answer.headers["content-type"] == "application/pdf", f"the file is {answer.headers['content-type']}")
        expect("filename=" in answer.headers["content-disposition"], "the file has no name to be saved under")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["location"]).query)
        expect(int(query["X-Amz-Expires"][0]) <= 300, "the address works for too long")
        if self.stack.service.enforces_roles:
            answer, _ = answered(headers["location"].replace("doc_agreement.pdf?", "deleted.pdf?"))
            expect(answer.status == 403, f"the address opens another file: {answer.status}")
        status, headers, _ = self.bruno.request("GET", path)
        expect(status == 404, f"her document answers him with {status}")
        status, headers, _ = Browser(self.functions, "203.0.113.9").request("GET", path)
        expect(status == 303 and headers["location"].startswith("/sign-in"), f"her document answers a stranger with {status}")

    def asked_and_signed_out(self):
        phone = Browser(self.functions, "192.0.2.44")
        expect(phone.request("GET", "/sign-in")[0] == 200, "the sign-in page does not show")
        known = phone.request("POST", "/sign-in", {"email": ANA.upper()})
        unknown = Browser(self.functions, "192.0.2.45").request("POST", "/sign-in", {"email": "nobody@crosscheck-customers.example"})
        expect(known[0] == unknown[0] == 303 and known[2] == unknown[2], "a known address answers unlike an unknown one")
        link = self.mailed(ANA, before=1)
        expect(not self.mails("nobody@crosscheck-customers.example"), "an unknown address got a mail")
        expect(phone.request("POST", link)[0] == 303, "the link does not sign in")
        expect(phone.request("GET", "/")[0] == 200, "the session does not show the dashboard")
        session = dict(phone.cookies)
        expect(phone.request("POST", "/sign-out")[0] == 303, "signing out fails")
        phone.cookies = session  # as a thief would keep it
        expect(phone.request("GET", "/")[0] == 303, "the session goes on after signing out")
        expect(self.ana.request("GET", "/")[0] == 200, "signing out on the phone ended another session")

    def bounced(self):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        tags = {"ses:configuration-set": [self.stack.attribute("MailConfiguration", "Ref")], "customer": [self.other]}
        detail = {
            "eventType": "Bounce", "mail": {"timestamp": now, "messageId": "crosscheck", "destination": [BRUNO], "tags": tags},
            "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": now, "bouncedRecipients": [{"emailAddress": BRUNO}]},
        }
        if self.stack.service.takes_events_of_aws:
            entry = {"Source": "aws.ses", "DetailType": "Email Bounced", "Detail": json.dumps(detail)}
            answer = self.stack.events.put_events(Entries=[entry])
            expect(not answer["FailedEntryCount"], f"the default bus did not take a bounce: {answer}")
        else:
            envelope = {"version": "0", "id": str(uuid.uuid4()), "detail-type": "Email Bounced", "source": "aws.ses", "time": now,
                        "account": self.stack.service.account, "region": REGION, "resources": [], "detail": detail}
            self.stack.sqs.send_message(QueueUrl=self.stack.attribute("FeedbackQueue", "Ref"), MessageBody=json.dumps(envelope))
        expect(self.functions.deliver("MailFeedback") == 1, "the bounce did not arrive")
        before = len(self.mails(BRUNO))
        expect(Browser(self.functions, "192.0.2.46").request("POST", "/sign-in", {"email": BRUNO})[0] == 303, "asking fails")
        expect(self.functions.deliver("SendMail") == 1, "asking was not queued")
        expect(len(self.mails(BRUNO)) == before, "an address that mails came back from got another")

    def erased(self):
        entry = json.loads((SAMPLES / "customer.erased.json").read_text(encoding="utf-8"))
        now = datetime.datetime.now(datetime.timezone.utc)
        entry["Detail"]["metadata"] |= {"event_id": f"evt_{uuid.uuid4().hex}", "occurred_at": now.isoformat()}
        entry["Detail"]["customer"]["email"] = ANA
        expect(len(self.stack.versions("documents/bkg_ana/")) == 4, "the bucket does not keep versions and delete markers")
        self.publish(entry)
        left = [(item["pk"]["S"], item["sk"]["S"]) for item in self.stack.items() if self.of_ana(item)]
        expect([sk for _, sk in left] == ["ERASED"], f"the table keeps {left}")
        expect(ANA not in json.dumps(self.stack.items(), default=str), "the table keeps her address")
        expect(not self.stack.versions("documents/bkg_ana/"), "the bucket keeps versions of her files")
        expect(self.ana.request("GET", "/")[0] == 303, "her session goes on")
        expect(self.bruno.request("GET", "/bookings/bkg_bruno")[0] == 200, "his booking is gone")

    def of_ana(self, item):
        return self.owner in item["pk"]["S"] or item["pk"]["S"] == "BOOKING#bkg_ana"

    def discreet(self):
        words = {ANA, BRUNO, "nobody@"} | {link.rsplit("/", 1)[1] for link in self.links}
        words |= {browser.cookies[name] for browser in (self.ana, self.bruno) for name in browser.cookies if name == "__Host-session"}
        for function in self.functions.functions.values():
            log = function.log.read_text(encoding="utf-8", errors="replace") if function.log.exists() else ""
            expect(log, f"{function.name} never ran, or logs nothing")
            expect(not any(word in log for word in words), f"the log of {function.name} quotes what it should not")

    # What must be caught.

    def weaken(self, done):
        """Breaks what is named, once the step it waits for is done."""
        table = self.stack.attribute("Table", "Ref")
        if self.weakening == "owner" and done == self.booked:
            key = {"pk": {"S": "BOOKING#bkg_ana"}, "sk": {"S": "BOOKING"}}
            self.stack.dynamodb.update_item(TableName=table, Key=key, UpdateExpression="SET #o = :o",
                                            ExpressionAttributeNames={"#o": "owner"}, ExpressionAttributeValues={":o": {"S": self.other}})
        if self.weakening == "file" and done == self.shown:
            self.stack.s3.put_object(Bucket=self.stack.attribute("Documents", "Ref"), Key="documents/bkg_ana/doc_agreement.pdf", Body=b"other")
        if self.weakening == "session" and done == self.signed_in:
            for item in self.stack.items():
                if "used_at" in item:
                    self.stack.dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
        if self.weakening == "suppression" and done == self.asked_and_signed_out:
            self.other = self.owner  # the report names another customer


WEAKENINGS = {
    "owner": "a booking in the table is another customer's",
    "file": "the bucket holds another file",
    "session": "the used sign-ins are gone from the table",
    "suppression": "a bounce names another customer",
    "binary": "send_mail is another function's binary",
    "environment": "send_mail is told another portal's address",
    "versioning": "the bucket keeps no versions",
    "role": "download_document's role allows nothing",
}


def weakened(stack, functions, weakening):
    """Breaks what is named, before the walk."""
    send_mail = functions.functions["SendMail"]
    if weakening == "binary":
        send_mail.binary = functions.functions["MailFeedback"].binary
    if weakening == "environment":
        stack.template.document["Resources"]["SendMail"]["Properties"]["Environment"]["Variables"]["PORTAL_URL"] = "https://elsewhere.example"
    if weakening == "role":
        stack.iam.delete_role_policy(RoleName=stack.attribute("DownloadDocumentRole", "Ref"), PolicyName="download_document")
    if weakening == "versioning":
        stack.s3.put_bucket_versioning(Bucket=stack.attribute("Documents", "Ref"), VersioningConfiguration={"Status": "Suspended"})


def walked(name, template, folder, weakening=None, quiet=False):
    """Takes the walk; says whether every step was as it should be."""
    def say(line):
        if not quiet:
            print(line, flush=True)

    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as ends:
        step, logs, started = "its resources", pathlib.Path(scratch), time.monotonic()
        try:
            service = SERVICES[name]()
            stack = Stack(template, service, ends.enter_context(serving(service, logs)))
            stack.make()
            functions = Lambda(stack, folder, logs)
            ends.callback(functions.stop)
            weakened(stack, functions, weakening)
            say(f"{name:9} ok    {len(stack.made)} resources of the template are made ({time.monotonic() - started:.1f} s)")
            walk = Walk(stack, functions, weakening)
            for step, act in walk.steps().items():
                began = time.monotonic()
                act()
                walk.weaken(act)
                say(f"{name:9} ok    {step} ({time.monotonic() - began:.1f} s)")
        except Exception as fault:  # whatever it is, it is a fault of this step
            what = str(fault) if isinstance(fault, Fault) else f"{type(fault).__name__}: {fault}"
            say(f"{name:9} FAULT {step}: {what}")
            return step, what
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("template")
    parser.add_argument("functions", type=pathlib.Path)
    parser.add_argument("services", nargs="*", default=[])
    parser.add_argument("--weaken", choices=[*WEAKENINGS, "all"])
    options = parser.parse_args()
    if unknown := set(options.services) - set(SERVICES):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    services, folder = options.services or list(SERVICES), options.functions.resolve()
    started, faults = time.monotonic(), 0
    if options.weaken:
        for name in services:
            for weakening in WEAKENINGS if options.weaken == "all" else [options.weaken]:
                if weakening == "role" and not SERVICES[name].enforces_roles:
                    continue
                found = walked(name, options.template, folder, weakening, quiet=True)
                faults += found is None
                caught = f"caught at \"{found[0]}\": {found[1].splitlines()[0]}" if found else "NOT CAUGHT"
                print(f"{name:9} {WEAKENINGS[weakening]}: {caught}", flush=True)
    else:
        for name in services:
            faults += walked(name, options.template, folder) is not None
    fine = "every weakening is caught" if options.weaken else "every step is ok"
    print(f"{f'{faults} at fault' if faults else fine}; {time.monotonic() - started:.0f} s")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
