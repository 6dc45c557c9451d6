"""What must be true of a deployment for reasons that only an AWS account would show: each rule with its source, and with broken
copies that it must see."""

import copy
import json
import re
import tomllib

RULES = []


def rule(**broken):
    """Adds a rule: a generator of complaints about a Deployment, with changes to one that it must complain of."""

    def add(check):
        RULES.append((check, broken))
        return check

    return add


class Deployment:
    """The template as SAM transforms it, and what stands around it."""

    def __init__(self, template, project):
        read = lambda path: (project / path).read_text(encoding="utf-8")
        self.template = template
        self.source = read("template.yaml")
        self.samconfig = tomllib.loads(read("samconfig.example.toml"))
        self.ignored = read(".gitignore").splitlines()
        self.guide = read("infra/operating/README.md")

    @property
    def resources(self):
        return self.template["Resources"]

    def of_type(self, *kinds):
        return {name: r for name, r in self.resources.items() if r["Type"] in kinds}

    def properties(self, name):
        return self.resources[name]["Properties"]


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(d, name):
    """The statements of a role or a policy."""
    p = d.properties(name)
    policies = [*p.get("Policies", []), *([p] if "PolicyDocument" in p else [])]
    return [s["Fn::If"][1] if "Fn::If" in s else s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def complaints(deployment):
    """What the rules say of a deployment, and which broken copies they pass."""
    for check, broken in RULES:
        yield from check(deployment)
        for what, breaking in broken.items():
            copied = copy.deepcopy(deployment)
            breaking(copied)
            if not any(check(copied)):
                yield f"{check.__name__} does not see what is wrong here: {what}"


def broken_copies():
    return sum(len(broken) for _, broken in RULES)


# Building and deploying.


@rule(
    by_a_parameter=lambda d: d.properties("SignOut").update(Architectures=[{"Ref": "Architecture"}]),
    another_in_one_function=lambda d: d.properties("SendMail").update(Architectures=["x86_64"]),
)
def functions_run_on_the_processor_that_they_are_built_for(d):
    """A parameter could differ from what `sam build` or `make package` built for, and every function would end at its start."""
    for name in d.of_type("AWS::Lambda::Function"):
        if d.properties(name).get("Architectures") != ["arm64"]:
            yield f"{name}: its processor is not the one that package.py replaces"


@rule(
    the_sources=lambda d: d.samconfig["default"]["deploy"]["parameters"].pop("template"),
    the_sources_in_staging=lambda d: d.samconfig["staging"]["deploy"]["parameters"].update(template="template.yaml"),
    answers_in_the_example=lambda d: d.samconfig["default"]["deploy"]["parameters"].update(parameter_overrides="SessionDays=3"),
    answers_in_git=lambda d: d.ignored.remove("/samconfig.toml"),
)
def a_deployment_takes_what_was_built_and_git_does_not_take_its_answers(d):
    """Without a build `sam deploy` would fall back on template.yaml and upload the project as each function's code. With the key
    `template_file` in place of `template`, `--guided` would write beside the built template (samcli/commands/_utils/options.py)."""
    for environment, sections in d.samconfig.items():
        given = sections["deploy"]["parameters"] if isinstance(sections, dict) else None
        if given and given.get("template") != ".aws-sam/build/template.yaml":
            yield f"samconfig.example.toml: {environment} may deploy what was not built"
        if given and "parameter_overrides" in given:
            yield f"samconfig.example.toml: {environment} has the answers of one stack"
    if "/samconfig.toml" not in d.ignored:
        yield "git takes the samconfig.toml that `sam deploy --guided` writes"


def longest_ending(d):
    names = [d.properties(name)[key] for kind, key in (("AWS::Lambda::Function", "FunctionName"), ("AWS::Events::Rule", "Name"))
             for name in d.of_type(kind)]
    return max(len(name["Fn::Sub"].removeprefix("${AWS::StackName}")) for name in names)


def guard(d):
    return next(iter(d.of_type("AWS::SSM::Parameter")))


@rule(
    a_longer_function=lambda d: d.properties("SignOut").update(FunctionName={"Fn::Sub": "${AWS::StackName}-sign_out_everywhere"}),
    a_longer_rule=lambda d: d.properties("FeedbackRule").update(Name={"Fn::Sub": "${AWS::StackName}-what-became-of-mails"}),
    any_name=lambda d: d.properties(guard(d)).pop("AllowedPattern"),
    a_table_before=lambda d: d.resources["Table"].pop("DependsOn"),
    a_bucket_before=lambda d: d.resources["Documents"].pop("DependsOn"),
)
def a_stack_name_that_is_too_long_is_refused_by_the_name_of_the_rule(d):
    """Names of functions and of EventBridge's rules have at most 64 characters, those of stacks 128. CloudFormation cannot check
    a length; the AllowedPattern of a parameter of Systems Manager can (PutParameter)."""
    most = 64 - longest_ending(d)
    name = f"StackNameOfAtMost{most}Characters"
    if name not in d.resources or d.properties(name).get("AllowedPattern") != f"^.{{1,{most}}}$":
        yield f"no {name} refuses longer names, which functions or rules cannot have"
    for kept, resource in d.resources.items():
        if resource["Type"] == "AWS::Lambda::Version":
            continue  # made after its function, which refers to the table
        if resource.get("DeletionPolicy", "").startswith("Retain") and name not in listed(resource.get("DependsOn", [])):
            yield f"{kept}: would be made, and stay, before the stack's name is refused"


@rule(
    kept=lambda d: d.resources["Documents"].update(DeletionPolicy="Retain"),
    protected_and_in_the_way=lambda d: d.resources["Table"].update(DeletionPolicy="RetainExceptOnCreate"),
)
def a_first_deployment_that_fails_leaves_only_what_the_guide_says(d):
    """RetainExceptOnCreate lets a roll-back delete what it has just made. It could not delete a protected table, and would fail.
    SAM keeps the versions of functions with aliases: they cost nothing, and one of them is what a roll-back goes back to."""
    for name, resource in d.resources.items():
        protected = resource.get("Properties", {}).get("DeletionProtectionEnabled")
        if resource["Type"] == "AWS::Lambda::Version":
            continue
        if resource.get("DeletionPolicy") == ("RetainExceptOnCreate" if protected else "Retain"):
            yield f"{name}: {'holds up' if protected else 'survives'} the roll-back of the deployment that made it"


@rule(
    a_dashboard=lambda d: d.properties("Overview").update(DashboardName={"Ref": "AWS::StackName"}),
    a_role=lambda d: d.properties("SignOutRole").update(RoleName={"Fn::Sub": "${AWS::StackName}-sign_out"}),
    a_bucket=lambda d: d.properties("Documents").update(BucketName={"Fn::Sub": "${AWS::StackName}-documents"}),
)
def names_that_are_the_account_s_carry_the_region(d):
    """Dashboards, roles, policies and buckets are known in all regions by one name, stacks in their own."""
    for kind, key in {
        "AWS::CloudWatch::Dashboard": "DashboardName",
        "AWS::IAM::Role": "RoleName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
        "AWS::S3::Bucket": "BucketName",
    }.items():
        for name in d.of_type(kind):
            given = d.properties(name).get(key)
            if given and not {"${AWS::StackName}", "${AWS::Region}"} <= set(re.findall(r"\$\{[^}]*\}", json.dumps(given))):
                yield f"{name}: a stack of the same name in another region would want this name, too"


@rule(one_partition=lambda d: setattr(d, "source", d.source + "arn:aws:s3:::bucket"))
def arns_name_the_partition(d):
    """GovCloud's ARNs begin with arn:aws-us-gov."""
    if "arn:aws:" in d.source:
        yield "an ARN of the template holds in one partition only"


@rule(
    many_for_events=lambda d: d.template["Parameters"]["EventConcurrency"].update(Default=5),
    any_number=lambda d: d.properties("MailFeedbackFeedback").pop("ScalingConfig"),
)
def queues_leave_room_for_pages_in_a_new_account(d):
    """A new account may run 10 functions at once (Lambda quotas): of those at most 6 for queues, by default, and 4 for customers."""
    at_once = 0
    for name in d.of_type("AWS::Lambda::EventSourceMapping"):
        most = d.properties(name).get("ScalingConfig", {}).get("MaximumConcurrency", 1000)
        at_once += int(d.template["Parameters"][most["Ref"]]["Default"]) if isinstance(most, dict) else most
    if at_once > 6:
        yield f"queues may take {at_once} of the 10 instances of a new account"


# The address.

BY_NAME = {"Fn::Sub": "https://${DomainName}"}
BY_RECORD = {"Fn::Select": [0, [BY_NAME, {"Ref": "PortalRecord"}]]}
DOMAIN = ["PortalDomain", "PortalMapping", "PortalCertificate", "PortalRecord"]


def mail_variables(d):
    return d.properties("SendMail")["Environment"]["Variables"]


def links(domain):
    own = {"Fn::GetAtt": ["Portal", "ApiEndpoint"]}
    return {"Fn::If": ["HasPortalUrl", {"Ref": "PortalUrl"}, {"Fn::If": ["CreatesRecord", domain, own]}]}


LINKS = links(BY_RECORD)


@rule(
    a_name_without_a_record=lambda d: mail_variables(d).update(PORTAL_URL=links(BY_NAME)),
    a_record_without_a_mapping=lambda d: d.resources["PortalRecord"].pop("DependsOn"),
    another_output=lambda d: d.template["Outputs"]["PortalUrl"].update(Value={"Ref": "PortalUrl"}),
)
def links_wait_for_the_record_and_the_record_for_the_mapping(d):
    """By Ref and not by DependsOn: what depends on a resource whose condition is false is not made, either
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-condition.html). What Ref gives is of no
    use, since it may be more than the name."""
    if mail_variables(d)["PORTAL_URL"] != LINKS or d.template["Outputs"]["PortalUrl"]["Value"] != links(BY_NAME):
        yield "links lead to DomainName before its record is there, or the output says something else of them"
    if d.resources["PortalRecord"].get("DependsOn") not in ("PortalMapping", ["PortalMapping"]):
        yield "PortalRecord: leads to a domain before the portal answers there"


@rule(**{name: lambda d, name=name: d.resources[name].pop("UpdateReplacePolicy") for name in DOMAIN},
      for_ever=lambda d: d.resources["PortalDomain"].update(DeletionPolicy="Retain"))
def a_former_domain_answers_until_it_is_removed(d):
    """A mail leads to the address it was sent with. CloudFormation replaces a domain whose name changes."""
    for name in DOMAIN:
        if [d.resources[name].get(policy) for policy in ("UpdateReplacePolicy", "DeletionPolicy")] != ["Retain", "Delete"]:
            yield f"{name}: goes when DomainName changes, or stays when the stack goes"


def closing(d):
    return d.properties("Portal")["Body"]["servers"][0]["x-amazon-apigateway-endpoint-configuration"]


@rule(
    always=lambda d: closing(d).update(disableExecuteApiEndpoint=True),
    without_a_way_back=lambda d: closing(d)["disableExecuteApiEndpoint"]["Fn::If"].__setitem__(2, {"Ref": "AWS::NoValue"}),
    without_a_domain=lambda d: d.template["Rules"].pop("LinksLeadElsewhereFirst"),
    by_default=lambda d: d.template["Parameters"]["DisableApiEndpoint"].update(Default="true"),
)
def the_api_s_own_address_is_closed_by_choice_where_links_lead_elsewhere(d):
    if closing(d).get("disableExecuteApiEndpoint") != {"Fn::If": ["DisablesApiEndpoint", True, False]}:
        yield "Portal: its own address does not follow the parameter DisableApiEndpoint"
    if d.template["Parameters"]["DisableApiEndpoint"].get("Default") != "false":
        yield "DisableApiEndpoint: is not a choice"
    asserted = json.dumps(d.template["Rules"].get("LinksLeadElsewhereFirst", {}))
    if not all(name in asserted for name in ("DisableApiEndpoint", "DomainName", "HostedZoneId", "PortalUrl")):
        yield "the API's own address could be closed while links lead there"


# Logs.


@rule(
    **{f"{key}_{name}": lambda d, name=name, key=key: d.properties(name)["LoggingConfig"].update({key: "WARN"})
       for name in ("Dashboard", "SendMail") for key in ("SystemLogLevel", "ApplicationLogLevel")},
    nothing_said=lambda d: d.properties("SignOut")["LoggingConfig"].pop("SystemLogLevel"),
)
def report_lines_and_metrics_pass_the_log_levels(d):
    """REPORT is a line of the system at INFO. A line without a level, which a metric is, counts as INFO
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html)."""
    for name in d.of_type("AWS::Lambda::Function"):
        logging = d.properties(name)["LoggingConfig"]
        if logging.get("SystemLogLevel") not in ("DEBUG", "INFO"):
            yield f"{name}: says no duration, memory and cold start in its log"
        if logging.get("ApplicationLogLevel") not in ("TRACE", "DEBUG", "INFO"):
            yield f"{name}: its metrics do not reach CloudWatch"


@rule(another_prefix=lambda d: d.properties("PortalLog").update(LogGroupName={"Fn::Sub": "/aws/apigateway/${AWS::StackName}"}))
def access_logs_need_no_room_in_the_account_s_log_policy(d):
    """AWS lists each log group that it delivers to in one policy of at most 5120 characters, but for those under /aws/vendedlogs/
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html)."""
    for stage in d.of_type("AWS::ApiGatewayV2::Stage"):
        group = d.properties(stage)["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]
        if not json.dumps(d.properties(group)["LogGroupName"]).startswith('{"Fn::Sub": "/aws/vendedlogs/'):
            yield f"{group}: after some stacks the next could not be deployed"


# Documents.


def erasing(d):
    return next(s for s in statements(d, "ProjectBookingsRole") if "s3:DeleteObjectVersion" in listed(s["Action"]))


@rule(
    versions_alone=lambda d: erasing(d).update(Action="s3:DeleteObjectVersion"),
    the_bucket=lambda d: erasing(d).update(Resource={"Fn::Sub": "${Documents.Arn}/*"}),
)
def who_deletes_versions_may_delete_objects_too(d):
    """DeleteObjects always asks for s3:DeleteObject, and for s3:DeleteObjectVersion where it names versions (S3 API reference)."""
    for name in d.of_type("AWS::IAM::Role"):
        for statement in statements(d, name):
            deletes = {action for action in listed(statement["Action"]) if action.startswith("s3:Delete")}
            if deletes and deletes != {"s3:DeleteObject", "s3:DeleteObjectVersion"}:
                yield f"{name}: S3 would refuse to delete for it"
            if deletes and statement["Resource"] != {"Fn::Sub": "${Documents.Arn}/documents/*"}:
                yield f"{name}: may delete more than documents"


LOOKING = re.compile(r"\w+:(Get|List|Describe|Filter|Query|BatchGet)\w*|sqs:(ReceiveMessage|ChangeMessageVisibility)")


@rule(
    who_looks_writes=lambda d: statements(d, "OperatorMayLook")[2].update(Action=["dynamodb:Query", "dynamodb:PutItem"]),
    who_looks_sees_counters_of_networks=lambda d: statements(d, "OperatorMayLook")[2].pop("Condition"),
    everybody_acts=lambda d: d.properties("OperatorMayAct").update(Groups=["operators"]),
    without_being_asked=lambda d: d.resources["OperatorMayAct"].pop("Condition"),
)
def operators_look_or_act_by_choice(d):
    """The two policies are there where somebody asked for them, and attached to nobody; who may look may change nothing."""
    for name in ("OperatorMayLook", "OperatorMayAct"):
        if d.resources[name].get("Condition") != "HasOperatorPolicies" or {"Users", "Groups", "Roles"} & {*d.properties(name)}:
            yield f"{name}: is there or attached without being asked for"
    for statement in statements(d, "OperatorMayLook"):
        for action in listed(statement["Action"]):
            if not LOOKING.fullmatch(action):
                yield f"OperatorMayLook: {action} changes something"
            if action.startswith("dynamodb:") and "Condition" not in statement:
                yield "OperatorMayLook: sees whom no command asks for"


def of_tests(d, action):
    return next(s for s in statements(d, "OperatorMayAct") if action in listed(s["Action"]))


@rule(
    documents_of_anybody=lambda d: of_tests(d, "s3:PutObject").update(Resource={"Fn::Sub": "${Documents.Arn}/documents/*"}),
    any_item=lambda d: of_tests(d, "dynamodb:DeleteItem").pop("Condition"),
    any_booking=lambda d: of_tests(d, "dynamodb:DeleteItem").update(
        Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["BOOKING#*", "CUSTOMER#*"]}}
    ),
)
def operators_put_and_delete_documents_and_bookings_of_tests_alone(d):
    """What `portal events trigger` uploads and `portal events clean` removes begins with test_, and nothing real does."""
    if of_tests(d, "s3:PutObject")["Resource"] != {"Fn::Sub": "${Documents.Arn}/documents/test_*"}:
        yield "OperatorMayAct: documents of real bookings may be overwritten"
    keys = of_tests(d, "dynamodb:DeleteItem").get("Condition", {}).get("ForAllValues:StringLike", {})
    if keys.get("dynamodb:LeadingKeys") != ["BOOKING#test_*", "CUSTOMER#*"]:
        yield "OperatorMayAct: real bookings may be deleted"


ENCRYPTION, SENDER_S_KEY = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-customer-algorithm"


def denied(d, sid):
    return next((s for s in statements(d, "DocumentsPolicy") if s.get("Sid") == sid), {})


@rule(
    kms=lambda d: denied(d, "NoKeyOfKms").update(Effect="Allow"),
    one_kind_of_kms=lambda d: denied(d, "NoKeyOfKms")["Condition"]["StringLike"].update({ENCRYPTION: "aws:kms"}),
    a_sender_s_key=lambda d: denied(d, "NoKeyOfTheSender")["Condition"].update(Null={}),
)
def a_document_that_no_customer_could_open_is_refused_when_it_is_uploaded(d):
    """A presigned address opens an object that KMS encrypts only if its signer may decrypt, and none with a key of the sender's.
    A key that is absent from a request matches neither condition, so that uploads that say nothing pass."""
    for sid, condition in {
        "NoKeyOfKms": {"StringLike": {ENCRYPTION: "aws:kms*"}},
        "NoKeyOfTheSender": {"Null": {SENDER_S_KEY: "false"}},
    }.items():
        expected = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Condition": condition}
        said = denied(d, sid)
        if {key: said.get(key) for key in expected} != expected:
            yield f"DocumentsPolicy: {sid} does not refuse"


# Events over HTTPS.

WEBHOOKS = "AcceptsWebhooks"


def stage(d):
    return next(iter(d.of_type("AWS::ApiGatewayV2::Stage").values()))["Properties"]


def routes(d):
    """The routes of events, as the API's definition has them."""
    paths = d.properties("Portal")["Body"]["paths"]
    return {f"ANY {path}" for path, item in paths.items() if path.startswith("/events") and item["Fn::If"][0] == WEBHOOKS}


def receiving(d):
    return statements(d, "ReceiveEventsRole")


@rule(
    by_default=lambda d: d.template["Parameters"]["AcceptWebhooks"].update(Default="true"),
    **{f"always_{name}": lambda d, name=name: d.resources[name].pop("Condition")
       for name in ("ReceiveEvents", "ReceiveEventsRole", "ReceiveEventsLog", "WebhookSecret", "SignaturesRefused")},
    a_throttle_without_its_route=lambda d: stage(d).update(RouteSettings=stage(d)["RouteSettings"]["Fn::If"][1]),
    a_route_without_a_throttle=lambda d: stage(d)["RouteSettings"]["Fn::If"][1].pop("ANY /events/documents"),
    no_throttle=lambda d: stage(d)["RouteSettings"]["Fn::If"].__setitem__(1, {}),
)
def webhooks_are_off_until_they_are_asked_for_and_throttled_by_themselves(d):
    """A stage with settings for a route that is not there is refused ("Unable to find Route by key"), and the deployment with it."""
    if d.template["Parameters"]["AcceptWebhooks"].get("Default") != "false":
        yield "AcceptWebhooks: is not a choice"
    for name in ("ReceiveEvents", "ReceiveEventsRole", "ReceiveEventsLog", "WebhookSecret", "SignaturesRefused"):
        if d.resources[name].get("Condition") != WEBHOOKS:
            yield f"{name}: is there without being asked for"
    condition, settings, otherwise = stage(d)["RouteSettings"].get("Fn::If", [None, {}, None])
    if condition != WEBHOOKS or otherwise != {"Ref": "AWS::NoValue"} or settings.keys() != routes(d):
        yield "the routes of events have other throttles than those that are there"
    for route, throttle in settings.items():
        if throttle.keys() != {"ThrottlingRateLimit", "ThrottlingBurstLimit"}:
            yield f"{route}: is not throttled by itself"


@rule(
    another_secret=lambda d: receiving(d)[0].update(Resource={"Ref": "CustomerKey"}),
    any_secret=lambda d: receiving(d)[0].update(Resource={"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:*"}),
    who_else_reads_it=lambda d: statements(d, "DashboardRole")[0].update(
        Action="secretsmanager:GetSecretValue", Resource={"Ref": "WebhookSecret"}),
    who_looks_reads_it=lambda d: statements(d, "OperatorMayLook")[1].update(Resource={"Ref": "WebhookSecret"}),
    the_table=lambda d: receiving(d)[1].update(Action="dynamodb:PutItem", Resource={"Fn::GetAtt": ["Table", "Arn"]}),
    the_mail_queue=lambda d: receiving(d)[1].update(Resource={"Fn::GetAtt": ["MailQueue", "Arn"]}),
    the_bucket=lambda d: receiving(d)[2].update(Resource={"Fn::Sub": "${Documents.Arn}/*"}),
    reading_documents=lambda d: receiving(d)[2].update(Action=["s3:PutObject", "s3:GetObject"]),
)
def who_takes_events_over_https_may_queue_them_and_put_documents_and_nothing_else(d):
    """The internet reaches it, so whoever takes it over gets what its role has."""
    expected = [
        ("secretsmanager:GetSecretValue", {"Ref": "WebhookSecret"}),
        (["sqs:SendMessage", "sqs:GetQueueAttributes"], {"Fn::GetAtt": ["BookingQueue", "Arn"]}),
        ("s3:PutObject", {"Fn::Sub": "${Documents.Arn}/documents/*"}),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["ReceiveEventsLog", "Arn"]}),
    ]
    if [(s["Action"], s["Resource"]) for s in receiving(d)] != expected:
        yield "ReceiveEventsRole: may do something else"
    for name in [*d.of_type("AWS::IAM::Role"), *d.of_type("AWS::IAM::ManagedPolicy")]:
        if name not in ("ReceiveEventsRole", "OperatorMayAct") and "WebhookSecret" in json.dumps(d.properties(name)):
            yield f"{name}: reads the secret of the webhook"


@rule(
    too_short=lambda d: made(d).update(PasswordLength=31),
    no_base64=lambda d: made(d).update(PasswordLength=65),
    punctuation=lambda d: made(d).pop("ExcludePunctuation"),
    another_key=lambda d: made(d).update(GenerateStringKey="key"),
)
def the_secret_that_the_stack_makes_is_one_of_standard_webhooks(d):
    """Letters and digits are Base64 where there are four of them for every three bytes; the specification asks for 24 to 64 bytes."""
    length = made(d).get("PasswordLength", 32)
    if length % 4 or not 24 <= length * 3 // 4 <= 64 or not made(d).get("ExcludePunctuation"):
        yield "WebhookSecret: is not Base64 of 24 to 64 bytes"
    if [made(d).get("SecretStringTemplate"), made(d).get("GenerateStringKey")] != ["{}", "secret"]:
        yield "WebhookSecret: is not the value that receive_events reads"


def made(d):
    return d.properties("WebhookSecret")["GenerateSecretString"]


# The guide.


def named_in(guide, command):
    return re.findall(rf"\$\({command} (\w+)\)", guide)


@rule(
    another_name=lambda d: d.resources.update(Other=d.resources.pop("SendMailMail")),
    another_output=lambda d: d.template["Outputs"].pop("TableName"),
    a_queue_that_goes_on=lambda d: d.resources.update(Another=d.resources["MailFeedbackFeedback"]),
    concurrency_of_0=lambda d: setattr(d, "guide", d.guide.replace("update-event-source-mapping", "put-function-concurrency")),
)
def the_guide_names_what_is_there(d):
    """Restoring stops the event sources. With a concurrency of 0 the pollers would go on to receive: a message that is throttled
    often enough becomes a dead letter."""
    missing = {*named_in(d.guide, "(?:resource|queue_arn)")} - {*d.resources} | {*named_in(d.guide, "output")} - {*d.template["Outputs"]}
    for name in sorted(missing):
        yield f"the guide asks for {name}, which is not there"
    restoring = d.guide.partition("## Restore the table\n")[2].partition("\n## ")[0]
    for name in d.of_type("AWS::Lambda::EventSourceMapping"):
        if name not in restoring or "update-event-source-mapping" not in restoring:
            yield f"the guide does not stop {name} before it restores the table"
