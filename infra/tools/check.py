"""Asserts what must be true of the template as SAM transforms it, and that each of these assertions can fail.

    check.py template.yaml transformed.json

What is true of any good template stands here; rules.py has what only an account would show, each rule with its reason.
The template of `make package` with aliases is held to the same, and to what it adds.
"""

import copy
import json
import pathlib
import re
import sys

import rules

# What the functions count, by the names that CloudWatch has of it.
METRICS = pathlib.Path(__file__).parents[2] / "shared/runtime/src/metrics.rs"
COUNTED = re.findall(r"^    (\w+),$", METRICS.read_text(encoding="utf-8").split("pub enum Metric {")[1].split("\n}")[0], re.MULTILINE)


def resources(template, kind):
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind and "Condition" not in r}


def with_webhooks(value):
    """The template, or a part of it, as it is where webhooks are accepted: nothing is left of that condition."""
    if isinstance(value, list):
        return [with_webhooks(one) for one in value]
    if not isinstance(value, dict):
        return value
    condition, then, _ = value.get("Fn::If", [None] * 3)
    if condition == "AcceptsWebhooks":
        return with_webhooks(then)
    return {key: with_webhooks(one) for key, one in value.items() if (key, one) != ("Condition", "AcceptsWebhooks")}


def statements(template):
    """Every statement of every policy, with the resource that holds it."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties[key] for key in ("PolicyDocument", "AssumeRolePolicyDocument") if key in properties]
        inline = [properties["Statement"]] if "Statement" in properties else []
        for statement in inline + [statement for document in documents for statement in document["Statement"]]:
            yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value):
    return value if isinstance(value, list) else [value]


def target(reference):
    """The logical id that Ref or Fn::GetAtt names; nothing where neither stands."""
    return reference.get("Ref") or reference.get("Fn::GetAtt", [None])[0]


def own_name(rule):
    """The rule's name as an ARN ends with it."""
    return json.dumps(rule["Properties"].get("Name", {}).get("Fn::Sub", "no name"))[1:]


def watched(alarm):
    """Every metric that an alarm looks at: namespace, name, statistic, period, and the value of its dimension as JSON."""
    p = alarm["Properties"]
    queries = [query["MetricStat"] for query in p["Metrics"] if "MetricStat" in query] if "Metrics" in p else [
        {"Metric": p, "Stat": p.get("Statistic"), "Period": p.get("Period")}]
    for query in queries:
        metric = query["Metric"]
        dimension = json.dumps([d["Value"] for d in metric.get("Dimensions", [])])
        yield metric["Namespace"], metric["MetricName"], query["Stat"], query["Period"], dimension


def rings_above(alarm, threshold):
    """Whether it rings as soon as the sum of five minutes is above this, and is quiet where nothing was counted."""
    p = alarm["Properties"]
    expected = {"Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "TreatMissingData": "notBreaching"}
    computed = [query.get("Expression") for query in p.get("Metrics", []) if "MetricStat" not in query]
    is_sum = computed == (["SUM(FILL(METRICS(), 0))"] if "Metrics" in p else [])
    return {k: p.get(k) for k in expected} == expected and is_sum and all(m[2:4] == ("Sum", 300) for m in watched(alarm))


def needed(value):
    """The logical ids that a part of the template refers to."""
    if isinstance(value, list):
        return set().union(*map(needed, value))
    if not isinstance(value, dict):
        return set()
    found = needed(list(value.values()))
    if isinstance(value.get("Ref"), str):
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(listed(value["Fn::GetAtt"])[0].split(".")[0])
    if "Fn::Sub" in value:
        found |= set(re.findall(r"\$\{(\w+)[.}]", listed(value["Fn::Sub"])[0]))
    return found


def circle(everything):
    """Resources in or behind a circular dependency; none where each can be made after those it needs."""
    left = {name: (needed(resource) | set(listed(resource.get("DependsOn", [])))) & everything.keys() for name, resource in everything.items()}
    while free := {name for name, needs in left.items() if not needs}:
        left = {name: needs - free for name, needs in left.items() if name not in free}
    return sorted(left)


def wrong(template, source):
    """A sentence for each thing that is not as it must be."""
    everything = template["Resources"]

    if waiting := circle(everything):
        yield f"a circle, or what waits for one: {waiting}"

    for name, table in resources(template, "AWS::DynamoDB::Table").items():
        p = table["Properties"]
        if p.get("TimeToLiveSpecification") != {"AttributeName": "expires_at", "Enabled": True}:
            yield f"{name}: items do not expire"
        if not p.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield f"{name}: no point-in-time recovery"
        if not p.get("SSESpecification", {}).get("SSEEnabled"):
            yield f"{name}: not encrypted"
        if not p.get("DeletionProtectionEnabled"):
            yield f"{name}: no deletion protection"

    for name, bucket in resources(template, "AWS::S3::Bucket").items():
        p = bucket["Properties"]
        if list(p.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4:
            yield f"{name}: public access is not blocked"
        if p.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{name}: not versioned"
        if "BucketEncryption" not in p:
            yield f"{name}: not encrypted"
        lifecycle = p.get("LifecycleConfiguration", {}).get("Rules", [])
        if not any(r.get("NoncurrentVersionExpiration") and r["Status"] == "Enabled" for r in lifecycle):
            yield f"{name}: replaced documents stay for ever"
        policies = [r for r in resources(template, "AWS::S3::BucketPolicy").values() if target(r["Properties"]["Bucket"]) == name]
        tls_only = {"Bool": {"aws:SecureTransport": "false"}}
        if not any(
            s["Effect"] == "Deny" and s.get("Condition") == tls_only and s["Principal"] == "*" and len(listed(s["Resource"])) == 2
            for policy in policies
            for s in policy["Properties"]["PolicyDocument"]["Statement"]
            if "Effect" in s
        ):
            yield f"{name}: can be reached without TLS"

    for name, resource in {**resources(template, "AWS::DynamoDB::Table"), **resources(template, "AWS::S3::Bucket")}.items():
        kept = resource.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
        if not kept or resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{name}: goes with the stack"

    # With another key every customer would be a stranger. CloudFormation makes a new secret where one of these changes.
    key = everything.get("CustomerKey", {})
    if {k: v for k, v in key.get("Properties", {}).items() if k != "Description"} != {
        "GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}
    }:
        yield "CustomerKey: would be made anew, or has a name that a second stack would want, too"
    if [key.get("DeletionPolicy"), key.get("UpdateReplacePolicy")] != ["RetainExceptOnCreate", "Retain"]:
        yield "CustomerKey: goes with the stack"
    reference = {"Fn::Sub": ["{{resolve:secretsmanager:${Key}}}", {"Key": {"Fn::If": ["CreatesCustomerKey", {"Ref": "CustomerKey"}, {"Ref": "CustomerKeyArn"}]}}]}
    for name, function in resources(template, "AWS::Lambda::Function").items():
        given = function["Properties"]["Environment"]["Variables"].get("CUSTOMER_KEY")
        if given != (reference if name in ("RequestLink", "ProjectBookings") else None):
            yield f"{name}: has the key of customer ids and must not, or must and has not"

    queues = resources(template, "AWS::SQS::Queue")
    sources = {target(s["Properties"]["EventSourceArn"]) for s in resources(template, "AWS::Lambda::EventSourceMapping").values()}
    for name, queue in queues.items():
        p = queue["Properties"]
        if not p.get("SqsManagedSseEnabled"):
            yield f"{name}: not encrypted"
        redrive = p.get("RedrivePolicy")
        if name in sources and not (redrive and target(redrive["deadLetterTargetArn"]) in queues):
            yield f"{name}: feeds a function and has no dead-letter queue"
        if name not in sources and p.get("MessageRetentionPeriod") != 1209600:
            yield f"{name}: dead letters do not stay for the 14 days that SQS allows"
    if not sources:
        yield "no queue feeds a function"

    bus_rules = {name: r for name, r in everything.items() if r["Type"] == "AWS::Events::Rule"}
    policies = resources(template, "AWS::SQS::QueuePolicy")
    dead_letters = {target(q["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]) for q in queues.values() if "RedrivePolicy" in q["Properties"]}
    for name, rule in bus_rules.items():
        for rule_target in rule["Properties"]["Targets"]:
            reached = [target(arn) for arn in (rule_target["Arn"], rule_target.get("DeadLetterConfig", {}).get("Arn")) if arn]
            if reached[-1] not in dead_letters:
                yield f"{name}: a target has no dead-letter queue, and is none"
            for queue in reached:
                opening = [n for n, p in policies.items() if [target(q) for q in p["Properties"]["Queues"]] == [queue]]
                if not any(own_name(rule) in json.dumps(policies[n]) for n in opening):
                    yield f"{name}: no policy of {queue} alone names it"
                if not set(opening) & set(listed(rule.get("DependsOn", []))):
                    yield f"{name}: stands before the policy of {queue}, and events would be lost"
    # SetQueueAttributes refuses a policy that is about several queues; one that waited for a rule would make a circle.
    for name, policy in policies.items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if [target(arn) for arn in listed(statement["Resource"])] != [target(q) for q in policy["Properties"]["Queues"]]:
                yield f"{name}: a statement is not about its one queue"
            if statement.get("Condition", {}).get("StringEquals") != {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}:
                yield f"{name}: lets other accounts in"
            if "aws:SourceArn" not in statement.get("Condition", {}).get("ArnEquals", {}):
                yield f"{name}: lets every rule in"
        if any(f'"{rule}"' in json.dumps(policy) for rule in bus_rules):
            yield f"{name}: waits for a rule that waits for it"

    own = ["golfcartops.bookings"]
    stray = bus_rules.get("OtherSourcesRule", {})
    expected = {"EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": [{"anything-but": own[0]}]}}
    if stray.get("Condition") != "CreatesBus" or {k: stray["Properties"].get(k) for k in expected} != expected:
        yield "OtherSourcesRule: does not take every other source from the stack's own bus"
    elif [target(t["Arn"]) for t in stray["Properties"]["Targets"]] != ["BookingDeadLetters"]:
        yield "OtherSourcesRule: does not keep what it takes"
    # CloudFormation takes no null in a template, so this pattern is text.
    condition, filtered, unfiltered = bus_rules["BookingRule"]["Properties"]["EventPattern"].get("Fn::If", [None, {}, None])
    ids = {"metadata": {"business_id": ["${BusinessId}", None, {"exists": False}]}}
    if condition != "HasBusinessId" or json.loads(filtered.get("Fn::Sub", "null")) != {"source": own, "detail": ids}:
        yield "BookingRule: does not take the events of this business, and those without an id, alone"
    if unfiltered != {"source": own}:
        yield "BookingRule: does not take every booking event where no BusinessId is given"

    roles = set()
    for name, function in resources(template, "AWS::Lambda::Function").items():
        p = function["Properties"]
        logging = p.get("LoggingConfig", {})
        group = everything.get(target(logging.get("LogGroup", {})), {"Type": "none"})
        if group["Type"] != "AWS::Logs::LogGroup":
            yield f"{name}: no log group of the template"
        if logging.get("LogFormat") != "JSON":
            yield f"{name}: does not log JSON"
        if p.get("TracingConfig") != {"Mode": {"Fn::If": ["Traces", "Active", "PassThrough"]}}:
            yield f"{name}: does not follow the parameter Tracing"
        role = target(p["Role"])
        if role in roles:
            yield f"{name}: shares its role"
        roles.add(role)
        if everything[role]["Properties"].get("ManagedPolicyArns") != {"Fn::If": ["Traces", [{"Ref": "TracePolicy"}], {"Ref": "AWS::NoValue"}]}:
            yield f"{name}: its role has policies from outside the template"
        # Pages need the address only where it is not the domain name of the request; the API's own would be a circle.
        given = {"Ref": "PortalUrl"}
        if p["Environment"]["Variables"].get("PORTAL_URL") != (rules.LINKS if name == "SendMail" else given):
            yield f"{name}: is not told where customers reach the portal"
    if len(roles) < 7:
        yield "functions are missing"

    for name, permission in resources(template, "AWS::Lambda::Permission").items():
        if permission["Properties"]["Principal"] != "apigateway.amazonaws.com":
            yield f"{name}: invoked asynchronously, perhaps, and without a dead-letter queue"

    for name, group in resources(template, "AWS::Logs::LogGroup").items():
        if group["Properties"].get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield f"{name}: logs do not age out"

    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage").items():
        p = stage["Properties"]
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= p.get("DefaultRouteSettings", {}).keys():
            yield f"{name}: not throttled"
        log = p.get("AccessLogSettings", {}).get("Format", "")
        if "$context.routeKey" not in log:
            yield f"{name}: no access log by route"
        if any(leak in log for leak in ("$context.path", "rawPath", "sourceIp", "queryString", "$context.error")):
            yield f"{name}: the access log holds a path or an address"

    for name, identity in ((n, r) for n, r in everything.items() if r["Type"] == "AWS::SES::EmailIdentity"):
        if identity["Properties"].get("DkimAttributes") != {"SigningEnabled": True}:
            yield f"{name}: mails are not signed"
        if "MailFromAttributes" not in identity["Properties"]:
            yield f"{name}: no MAIL FROM domain of its own"
        # Whatever else mails from the domain relies on it; a deployment that failed leaves none, or the next would fail on it.
        if [identity.get("DeletionPolicy"), identity.get("UpdateReplacePolicy")] != ["RetainExceptOnCreate", "Retain"]:
            yield f"{name}: goes with the stack"
    # SES asks about whichever identity covers the sender, and in the sandbox about the recipient's as well.
    arn = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    sending = [(name, s) for name, s in statements(template) if "ses:SendEmail" in listed(s["Action"])]
    may = [{"Fn::Sub": arn + "identity/*"}, {"Fn::Sub": arn + "configuration-set/${MailConfiguration}"}]
    if [name for name, _ in sending] != ["SendMailRole"] or sending[0][1]["Resource"] != may:
        yield "SendMailRole: may not mail from every identity that covers the sender, or somebody else may"
    elif sending[0][1].get("Condition") != {"StringEquals": {"ses:FromAddress": {"Ref": "SenderAddress"}}}:
        yield "SendMailRole: may mail in the name of others"
    told = {"BOUNCE": "Email Bounced", "COMPLAINT": "Email Complaint Received", "DELIVERY": "Email Delivered",
            "DELIVERY_DELAY": "Email Delivery Delayed", "REJECT": "Email Rejected"}
    if set(everything["MailEvents"]["Properties"]["EventDestination"]["MatchingEventTypes"]) != told.keys():
        yield "MailEvents: SES does not tell what became of mails"
    if set(bus_rules["FeedbackRule"]["Properties"]["EventPattern"].get("detail-type", [])) != set(told.values()):
        yield "FeedbackRule: does not take in all that SES tells of mails"
    for name, configuration in resources(template, "AWS::SES::ConfigurationSet").items():
        if configuration["Properties"].get("DeliveryOptions") != {"TlsPolicy": "REQUIRE"}:
            yield f"{name}: mails may travel without TLS"

    alarms = {name: r for name, r in everything.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    functions = {name: f["Properties"].get("FunctionName") for name, f in resources(template, "AWS::Lambda::Function").items()}
    for name, alarm in alarms.items():
        if alarm["Properties"].get("AlarmActions") != [{"Ref": "Alarms"}]:
            yield f"{name}: tells nobody"
        if (count := len(list(watched(alarm)))) > 10:
            yield f"{name}: looks at {count} metrics, and CloudWatch takes 10"
        for namespace, metric, *_ in watched(alarm):
            if namespace == "CustomerPortal" and metric not in COUNTED:
                yield f"{name}: nobody counts {metric}"
    # By their names: a reference would be a circle where these alarms roll back.
    fed = {target(m["Properties"]["FunctionName"]) for m in resources(template, "AWS::Lambda::EventSourceMapping").values()}
    fed = {name for name in functions if any(reference and reference.startswith(name) for reference in fed)}
    for name, threshold, namespace, metric, by in [
        ("FunctionErrors", 0, "AWS/Lambda", "Errors", functions),
        ("FunctionThrottles", 0, "AWS/Lambda", "Throttles", functions),
        ("FunctionFailures", 0, "CustomerPortal", "RequestsFailed", functions.keys() - fed),
        ("FailedMessages", 1, "CustomerPortal", "MessagesFailed", fed),
        ("EventsRefused", 0, "CustomerPortal", "EventsRefused", ["ProjectBookings"]),
        ("EventsRefusedOverHttps", 0, "CustomerPortal", "EventsRefused", ["ReceiveEvents"]),
        ("SignaturesRefused", 4, "CustomerPortal", "SignaturesRefused", ["ReceiveEvents"]),
    ]:
        if not rings_above(alarms[name], threshold):
            yield f"{name}: does not ring above {threshold} in five minutes"
        if {m[:2] + m[4:] for m in watched(alarms[name])} != {(namespace, metric, json.dumps([functions[f]])) for f in by}:
            yield f"{name}: does not look at {metric} of each function that it is about, by name"
    of_the_api = ("AWS/ApiGateway", "5xx", "Sum", 300, json.dumps([{"Ref": "Portal"}]))
    if not rings_above(alarms["FailedRequests"], 0) or list(watched(alarms["FailedRequests"])) != [of_the_api]:
        yield "FailedRequests: does not ring at one request that fails"
    looked_at = {(m[1], m[4]) for alarm in alarms.values() for m in watched(alarm)}
    for name in queues:
        metric = "ApproximateAgeOfOldestMessage" if name in sources else "ApproximateNumberOfMessagesVisible"
        if (metric, json.dumps([{"Fn::GetAtt": [name, "QueueName"]}])) not in looked_at:
            yield f"{name}: nobody is told of what lies there"
    silence = alarms.get("Silence", {"Properties": {}})
    expected = {
        "Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent", "Statistic": "Sum", "Threshold": 1, "Period": 3600,
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["BookingQueue", "QueueName"]}}],
        "EvaluationPeriods": {"Ref": "SilenceHours"}, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching",
    }
    if silence.get("Condition") != "WatchesForSilence" or {k: silence["Properties"].get(k) for k in expected} != expected:
        yield "Silence: does not ring, by choice, where no event comes"

    shown = [m for w in json.loads(everything["Overview"]["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"] for m in w["properties"]["metrics"]]
    wanted = [("CustomerPortal", metric) for metric in COUNTED]
    wanted += [("AWS/SES", rate) for rate in ("Reputation.BounceRate", "Reputation.ComplaintRate")]
    # By name what need not be there, which a reference would have to.
    called = lambda name: functions[name]["Fn::Sub"] if name == "ReceiveEvents" else f"${{{name}}}"
    wanted += [("AWS/Lambda", metric, called(name)) for name in functions for metric in ("Errors", "Throttles", "Duration")]
    wanted += [("CustomerPortal", "RequestsFailed", called(name)) for name in functions.keys() - fed]
    wanted += [("CustomerPortal", "MessagesFailed", called(name)) for name in fed]
    wanted += [("AWS/SQS", "ApproximateAgeOfOldestMessage", f"${{{name}.QueueName}}") for name in sources]
    wanted += [("AWS/SQS", "ApproximateNumberOfMessagesVisible", f"${{{name}.QueueName}}") for name in queues.keys() - sources]
    known = {(m[0], m[1]) for m in shown} | {(m[0], m[1], m[3]) for m in shown if len(m) > 3}
    for missing in sorted({w for w in wanted if w not in known}):
        yield f"Overview: does not show {missing}"
    for namespace, metric, *_ in shown:
        if namespace == "CustomerPortal" and metric not in COUNTED:
            yield f"Overview: nobody counts {metric}"

    # An empty configuration takes alarms away; none would leave CodeDeploy with those it has.
    back = [{"Name": {"Ref": name}} for name in ("FunctionErrors", "FunctionFailures", "FailedMessages", "FunctionThrottles")]
    at_once = {"Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "AllAtOnce"}]}
    for name, group in resources(template, "AWS::CodeDeploy::DeploymentGroup").items():
        p = group["Properties"]
        expected = {} if p["DeploymentConfigName"] == at_once else {"Enabled": True, "Alarms": back}
        if p.get("AlarmConfiguration") != expected:
            yield f"{name}: is not rolled back by what fails, or not let through where that is wanted"

    for name, statement in statements(template):
        if statement["Effect"] == "Allow" and any("*" in action for action in listed(statement["Action"])):
            yield f"{name}: allows actions by a wildcard"
    everywhere = [name for name, s in statements(template) if "*" in listed(s.get("Resource", ""))]
    reasons = [line for line in source.splitlines() if 'Resource: "*" #' in line]
    if len(everywhere) != len(reasons):
        yield f"a Resource * without a reason beside it: {everywhere}"


def controls(template):
    """Copies of the template, each with one thing broken."""

    def broken(name, *path):
        copied = copy.deepcopy(template)
        part = copied["Resources"][name]
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]
        return ".".join(map(str, (name, *path))), copied

    def changed(name, change):
        copied = copy.deepcopy(template)
        change(copied["Resources"])
        return name, copied

    for resource in ("Table", "Documents"):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            yield broken(resource, policy)
    for name in ("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled"):
        yield broken("Table", "Properties", name)
    for name in ("PublicAccessBlockConfiguration", "VersioningConfiguration", "BucketEncryption", "LifecycleConfiguration"):
        yield broken("Documents", "Properties", name)
    yield broken("DocumentsPolicy", "Properties", "PolicyDocument", "Statement", 0)
    for kind, keys in {
        "AWS::SQS::Queue": ["SqsManagedSseEnabled"],
        "AWS::Lambda::Function": ["LoggingConfig", "TracingConfig"],
        "AWS::Logs::LogGroup": ["RetentionInDays"],
        "AWS::CloudWatch::Alarm": ["AlarmActions"],
        "AWS::ApiGatewayV2::Stage": ["DefaultRouteSettings", "AccessLogSettings"],
        "AWS::SES::EmailIdentity": ["DkimAttributes", "MailFromAttributes"],
        "AWS::SES::ConfigurationSet": ["DeliveryOptions"],
    }.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == kind:
                for key in keys:
                    yield broken(name, "Properties", key)
    for queue in ("MailQueue", "BookingQueue"):
        yield broken(queue, "Properties", "RedrivePolicy")
    yield broken("CustomerKey", "DeletionPolicy")
    yield broken("CustomerKey", "UpdateReplacePolicy")
    yield broken("CustomerKey", "Properties", "GenerateSecretString", "PasswordLength")
    yield broken("RequestLink", "Properties", "Environment", "Variables", "CUSTOMER_KEY")
    for queue in ("MailDeadLetters", "BookingDeadLetters"):
        yield broken(queue, "Properties", "MessageRetentionPeriod")
    yield broken("BookingRule", "Properties", "Targets", 0, "DeadLetterConfig")
    for function in ("SendMail", "SignOut"):
        yield broken(function, "Properties", "Environment", "Variables", "PORTAL_URL")
    yield broken("DashboardRole", "Properties", "ManagedPolicyArns")

    def first(r):
        return r["DashboardRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]

    for name in ("BookingRule", "FeedbackRule", "OtherSourcesRule"):
        yield broken(name, "DependsOn")
        yield broken(name, "Properties", "Name")
    yield changed("no policy", lambda r: r.pop("FeedbackDeadLettersPolicy"))
    yield broken("OtherSourcesRule", "Condition")
    for key in ("EventBusName", "EventPattern"):
        yield broken("OtherSourcesRule", "Properties", key)
    for name in ("BookingQueuePolicy", "BookingDeadLettersPolicy", "FeedbackQueuePolicy", "FeedbackDeadLettersPolicy"):
        for operator in ("ArnEquals", "StringEquals"):
            yield broken(name, "Properties", "PolicyDocument", "Statement", 0, "Condition", operator)

    def properties(r, name):
        return r[name]["Properties"]

    def statement(r):
        return properties(r, "BookingQueuePolicy")["PolicyDocument"]["Statement"][0]

    both = [{"Fn::GetAtt": ["BookingQueue", "Arn"]}, {"Fn::GetAtt": ["BookingDeadLetters", "Arn"]}]
    yield changed("a statement about two queues", lambda r: statement(r).update(Resource=both))
    yield changed("a statement about another queue", lambda r: statement(r).update(Resource=both[1]))
    yield changed("a policy of two queues", lambda r: properties(r, "BookingQueuePolicy")["Queues"].append({"Ref": "BookingDeadLetters"}))
    circle = {"aws:SourceArn": [{"Fn::GetAtt": ["BookingRule", "Arn"]}, {"Fn::Sub": "${AWS::StackName}-bookings"}]}
    yield changed("a circle", lambda r: statement(r)["Condition"].update(ArnEquals=circle))
    yield changed("other sources to the queue", lambda r: properties(r, "OtherSourcesRule")["Targets"][0].update(
        Arn=both[0], DeadLetterConfig={"Arn": both[1]}))
    pattern = lambda r: properties(r, "BookingRule")["EventPattern"]["Fn::If"]
    yield changed("no null", lambda r: pattern(r)[1].update({"Fn::Sub": pattern(r)[1]["Fn::Sub"].replace("null, ", "")}))
    yield changed("none left out", lambda r: pattern(r)[1].update({"Fn::Sub": pattern(r)[1]["Fn::Sub"].replace(', {"exists": false}', "")}))
    yield changed("another source", lambda r: pattern(r)[2].update(source=["aws.ses"]))
    yield changed("no filter", lambda r: properties(r, "BookingRule").update(EventPattern=pattern(r)[2]))
    yield changed("a role for two", lambda r: r["Dashboard"]["Properties"].update(Role=r["SignOut"]["Properties"]["Role"]))
    yield changed("another key", lambda r: r["CustomerKey"]["Properties"]["GenerateSecretString"].update(PasswordLength=65))
    yield changed("a fixed name", lambda r: r["CustomerKey"]["Properties"].update(Name="customer-key"))
    variables = lambda r, name: r[name]["Properties"]["Environment"]["Variables"]
    yield changed("a third who has it", lambda r: variables(r, "Dashboard").update(CUSTOMER_KEY=variables(r, "RequestLink")["CUSTOMER_KEY"]))
    yield changed("an action by a wildcard", lambda r: first(r).update(Action="dynamodb:*"))
    yield changed("a resource by a wildcard", lambda r: first(r).update(Resource="*"))
    for key in ("DeletionPolicy", "UpdateReplacePolicy"):
        yield broken("SenderIdentity", key)
    send = next(i for i, s in enumerate(properties(template["Resources"], "SendMailRole")["Policies"][0]["PolicyDocument"]["Statement"])
                if s["Action"] == "ses:SendEmail")
    mailing = ("SendMailRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", send)
    yield broken(*mailing, "Condition")
    yield broken(*mailing, "Resource", 0)
    identity = {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}"}
    mail = lambda r: properties(r, "SendMailRole")["Policies"][0]["PolicyDocument"]["Statement"][send]
    yield changed("the domain's identity alone", lambda r: mail(r)["Resource"].__setitem__(0, identity))
    yield changed("another who mails", lambda r: first(r).update(Action="ses:SendEmail"))
    for i in range(5):
        yield broken("MailEvents", "Properties", "EventDestination", "MatchingEventTypes", i)
        yield broken("FeedbackRule", "Properties", "EventPattern", "detail-type", i)

    alarms = {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    for name in ("FunctionErrors", "FunctionThrottles", "FunctionFailures", "FailedMessages"):
        for i, query in enumerate(alarms[name]["Metrics"]):
            yield broken(name, "Properties", "Metrics", i, *(["Expression"] if "Expression" in query else []))
        yield changed(f"{name} by reference", lambda r, name=name: properties(r, name)["Metrics"][1]["MetricStat"]["Metric"].update(
            Dimensions=[{"Name": "FunctionName", "Value": {"Ref": "RequestLink"}}]))
        yield changed(f"{name} of an hour", lambda r, name=name: properties(r, name)["Metrics"][1]["MetricStat"].update(Period=3600))
    for name in ("FunctionErrors", "FunctionThrottles", "FunctionFailures", "FailedMessages", "FailedRequests", "EventsRefused",
                 "EventsRefusedOverHttps", "SignaturesRefused"):
        for key, value in {"Threshold": 2, "EvaluationPeriods": 2, "TreatMissingData": "missing", "ComparisonOperator": "LessThanThreshold"}.items():
            yield changed(f"{name}, {key}", lambda r, name=name, key=key, value=value: properties(r, name).update({key: value}))
    for name in ("FailedRequests", "EventsRefused", "EventsRefusedOverHttps", "SignaturesRefused", "MailsWait", "BookingEventsWait", "FeedbackWaits"):
        yield changed(f"{name} of another metric", lambda r, name=name: properties(r, name).update(MetricName="EventsApplied"))
    for name in ("MailDeadLettersAlarm", "BookingDeadLettersAlarm", "FeedbackDeadLettersAlarm"):
        yield changed(f"no {name}", lambda r, name=name: r.pop(name))
    yield changed("a metric that nobody counts", lambda r: properties(r, "SendingPausedAlarm").update(MetricName="SendingStopped"))
    yield changed("eleven metrics", lambda r: properties(r, "SlowPages")["Metrics"].extend([properties(r, "SlowPages")["Metrics"][1]] * 6))
    yield broken("Silence", "Condition")
    for key in ("EvaluationPeriods", "TreatMissingData", "MetricName"):
        yield changed(f"Silence, {key}", lambda r, key=key: properties(r, "Silence").update({key: "notBreaching"}))

    lines = properties(template["Resources"], "Overview")["DashboardBody"]["Fn::Sub"].splitlines()
    # Of a metric that two functions count, either may go: the check asks for one.
    for i, line in enumerate(lines):
        counts = re.match(r' *\["CustomerPortal", "(\w+)"', line)
        is_wanted = "Reputation." in line or "AWS/Lambda" in line or "AWS/SQS" in line and "NumberOfMessagesSent" not in line
        once = counts and (sum(f'"{counts[1]}", "FunctionName"' in other for other in lines) == 1 or counts[1] in ("RequestsFailed", "MessagesFailed"))
        if is_wanted or once:
            without = "\n".join(line.replace("AWS/", "No/").replace('"CustomerPortal"', '"Nothing"') if i == j else line for j, line in enumerate(lines))
            yield changed(f"no {line.strip()}", lambda r, without=without: properties(r, "Overview").update(DashboardBody={"Fn::Sub": without}))
    unknown = "\n".join(lines).replace('["CustomerPortal", "EventsApplied"', '["CustomerPortal", "EventsUnheardOf"], ["CustomerPortal", "EventsApplied"')
    yield changed("a widget of nothing", lambda r: properties(r, "Overview").update(DashboardBody={"Fn::Sub": unknown}))

    for name in resources(template, "AWS::CodeDeploy::DeploymentGroup"):
        yield broken(name, "Properties", "AlarmConfiguration")
        if properties(template["Resources"], name)["AlarmConfiguration"]:
            for i in range(4):
                yield broken(name, "Properties", "AlarmConfiguration", "Alarms", i)
        else:
            back = {"Enabled": True, "Alarms": [{"Name": {"Ref": "FunctionErrors"}}]}
            yield changed(f"{name} asks an alarm", lambda r, name=name: properties(r, name).update(AlarmConfiguration=back))
    yield changed("a circle of two", lambda r: (r["Alarms"].update(DependsOn="Table"), r["Table"].update(DependsOn=["Alarms"])))

    stage = next(name for name in resources(template, "AWS::ApiGatewayV2::Stage"))
    settings = lambda r: r[stage]["Properties"]["AccessLogSettings"]
    yield changed("a path in the log", lambda r: settings(r).update(Format=settings(r)["Format"] + "$context.path"))
    permission = next(name for name in resources(template, "AWS::Lambda::Permission"))
    yield changed("an asynchronous invocation", lambda r: r[permission]["Properties"].update(Principal="events.amazonaws.com"))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        source = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:
        as_transformed = json.load(file)
    template = with_webhooks(as_transformed)
    complaints = list(wrong(template, source))
    passing = [name for name, copied in controls(template) if not list(wrong(copied, source))]
    complaints += [f"the check does not see what is wrong here: {name}" for name in passing]
    complaints += rules.complaints(rules.Deployment(as_transformed, pathlib.Path(sys.argv[1]).resolve().parent))
    if complaints:
        sys.exit("\n".join(complaints))
    print(f"The transformed template is as it must be; {len(list(controls(template))) + rules.broken_copies()} broken copies are not.")


main()
