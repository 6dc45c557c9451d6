use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{Description, Route, Surroundings, read};

fn surroundings() -> Surroundings {
    Surroundings {
        stack_name: "shop".into(),
        sqs_endpoint: "http://127.0.0.1:5".into(),
        api_endpoint: "http://localhost:9000".into(),
    }
}

fn described(template: &str) -> Result<Description, String> {
    read(template, &BTreeMap::new(), &surroundings()).map_err(|error| error.to_string())
}

/// What a property of a bucket becomes in a template with a queue, a topic, conditions and parameters around it.
fn resolved(property: &str) -> Result<Value, String> {
    let template = format!(
        r#"
Parameters:
  Name: {{Type: String, Default: tybee}}
  Days: {{Type: Number, Default: 7}}
  Hosts: {{Type: CommaDelimitedList, Default: "a.example,b.example"}}
Conditions:
  Yes: !Equals [!Ref Name, tybee]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, Condition: No]
  Either: !Or [!Condition Yes, {{Condition: No}}]
Resources:
  Mail: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Sub "${{Name}}-mail"}}}}
  Absent: {{Type: AWS::SQS::Queue, Condition: No}}
  Alerts: {{Type: AWS::SNS::Topic}}
  Table: {{Type: AWS::DynamoDB::Table}}
  Bus: {{Type: AWS::Events::EventBus, Properties: {{Name: orders}}}}
  Rule: {{Type: AWS::Events::Rule, Properties: {{EventBusName: !Ref Bus}}}}
  Api: {{Type: AWS::Serverless::HttpApi}}
  Worker: {{Type: AWS::Serverless::Function}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Property: {property}
"#
    );
    let description = described(&template)?;
    Ok(description.buckets[0].properties.get("Property").cloned().unwrap_or(Value::Null))
}

#[test]
fn intrinsics_become_their_values_in_short_and_long_form() {
    for (property, value) in [
        ("!Ref Name", json!("tybee")),
        ("{Ref: Name}", json!("tybee")),
        ("!Ref Days", json!(7)),
        ("!Ref Hosts", json!(["a.example", "b.example"])),
        ("!Ref AWS::Region", json!("us-east-1")),
        ("!Ref AWS::StackName", json!("shop")),
        ("!Ref AWS::NoValue", Value::Null),
        ("[1, !Ref AWS::NoValue, 2]", json!([1, 2])),
        ("!Ref Mail", json!("http://127.0.0.1:5/000000000000/tybee-mail")),
        ("!GetAtt Mail.Arn", json!("arn:aws:sqs:us-east-1:000000000000:tybee-mail")),
        ("{\"Fn::GetAtt\": [Mail, QueueName]}", json!("tybee-mail")),
        ("!Ref Table", json!("shop-Table")),
        ("!GetAtt Table.Arn", json!("arn:aws:dynamodb:us-east-1:000000000000:table/shop-Table")),
        ("!Ref Bucket", json!("shop-bucket")),
        ("!GetAtt Bucket.DomainName", json!("shop-bucket.s3.amazonaws.com")),
        ("!Ref Alerts", json!("arn:aws:sns:us-east-1:000000000000:shop-Alerts")),
        ("!Ref Rule", json!("orders|shop-Rule")),
        ("!GetAtt Rule.Arn", json!("arn:aws:events:us-east-1:000000000000:rule/orders/shop-Rule")),
        ("!GetAtt Bus.Arn", json!("arn:aws:events:us-east-1:000000000000:event-bus/orders")),
        ("!GetAtt Api.ApiEndpoint", json!("http://localhost:9000")),
        ("!Ref Api.Stage", json!("$default")),
        ("!GetAtt Worker.Arn", json!("arn:aws:lambda:us-east-1:000000000000:function:shop-Worker")),
        (
            "!Sub \"${Name}: ${Bucket.Arn}/* ${!Literal} ${AWS::Partition} ${Days}\"",
            json!("tybee: arn:aws:s3:::shop-bucket/* ${Literal} aws 7"),
        ),
        ("!Sub [\"${A}-${Name}\", {A: !Select [1, !Split [\"@\", a@b]]}]", json!("b-tybee")),
        ("!Join [\"+\", !Ref Hosts]", json!("a.example+b.example")),
        ("{\"Fn::Join\": [\"\", [a, !Ref Name]]}", json!("atybee")),
        ("!Select [0, !Ref Hosts]", json!("a.example")),
        ("!If [Yes, 1, !Ref Absent]", json!(1)),
        ("!If [No, 1, 2]", json!(2)),
        ("!If [Both, 1, 2]", json!(2)),
        ("!If [Either, 1, 2]", json!(1)),
        ("{\"Fn::If\": [No, 1, !Ref AWS::NoValue]}", Value::Null),
    ] {
        assert_eq!(resolved(property), Ok(value), "{property}");
    }
}

#[test]
fn what_is_not_understood_stops_with_its_name_and_line() {
    for (property, message) in [
        ("!FindInMap [a, b, c]", "line 23: the local stack does not know the intrinsic !FindInMap"),
        ("{\"Fn::ImportValue\": x}", "line 23: the local stack does not know the intrinsic Fn::ImportValue"),
        ("!Base64 x", "does not know the intrinsic !Base64"),
        ("{\"Fn::Sub\": a, b: c}", "line 23: Fn::Sub stands beside other keys"),
        ("!Ref Nowhere", "line 23: there is no parameter or resource Nowhere"),
        ("!Ref Mail.Stage", "there is no parameter or resource Mail.Stage"),
        ("!GetAtt Nowhere.Arn", "there is no parameter or resource Nowhere"),
        ("!Ref Absent", "this refers to Absent, which its condition leaves out"),
        ("!Sub \"${Absent.Arn}\"", "this refers to Absent, which its condition leaves out"),
        ("!GetAtt Mail.Colour", "does not know the attribute Mail.Colour"),
        ("!If [Maybe, 1, 2]", "there is no condition Maybe"),
        ("!Sub \"${Hosts}\"", "a text should stand here, not a list or a map"),
        ("!Sub \"${Name\"", "Sub has a ${ without its }"),
        ("!Select [2, !Ref Hosts]", "Select finds no element 2"),
        ("!Equals [1, 1]", "a condition function belongs into the section Conditions"),
    ] {
        let error = resolved(property).unwrap_err();
        assert!(error.contains(message), "{property}: {error} should contain {message}");
    }
    for (template, message) in [
        ("Resources: {A: {Type: AWS::EC2::Instance}}", "A has the type AWS::EC2::Instance"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Colour: red}}", "the attribute Colour of A"),
        ("Mappings: {}", "the section Mappings"),
        ("Globals: {Api: {}}", "Globals.Api"),
        ("Transform: AWS::LanguageExtensions", "the transform AWS::Serverless-2016-10-31 only"),
        ("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}", "depends on itself"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.QueueName}}}", "depends on itself"),
        (
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Layers: []}}}",
            "F: the local stack does not know the property Layers",
        ),
        (
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Schedule}}}}}",
            "the event type Schedule",
        ),
        (
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Policies: [AmazonDynamoDBFullAccess]}}}",
            "policies with a Statement only",
        ),
        ("{A: 1, A: 2}", "duplicated key"),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfiguration: true}}}",
            "A: the local stack does not know CorsConfiguration of an HttpApi",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {Auth: {DefaultAuthorizer: AWS_IAM}}}}",
            "A: the local stack does not know Auth of an HttpApi",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {StageName: live}}}",
            "A: the local stack does not know the StageName \"live\" of an HttpApi",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {DefaultRouteSettings: {DetailedMetricsEnabled: true}}}}",
            "A: the local stack does not know DefaultRouteSettings.DetailedMetricsEnabled of an HttpApi",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {RouteSettings: {GET /: {DetailedMetricsEnabled: true}}}}}",
            "A: RouteSettings: unknown field `DetailedMetricsEnabled`",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {RouteSettings: {GET /: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}}}}",
            "RouteSettings: there is no route GET /",
        ),
    ] {
        let error = described(template).unwrap_err();
        assert!(error.contains(message), "{template}: {error} should contain {message}");
    }
}

#[test]
fn globals_merge_into_functions_as_sam_merges_them() {
    let description = described(
        r"
Globals: {Function: {Timeout: 10, MemorySize: 256, Environment: {Variables: {A: 1, B: shared}}}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  SendMail:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 30
      Environment: {Variables: {B: own, C: true}}
      Policies:
        - Statement: {Effect: Allow, Action: a}
        - {Version: 2012-10-17, Statement: [{Effect: Allow, Action: b}, {Effect: Deny, Action: c}]}
      Events:
        Page: {Type: HttpApi, Properties: {Method: get, Path: /a/b}}
        Rest: {Type: HttpApi}
        Mail:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 2}
",
    )
    .unwrap();
    let function = &description.functions[0];
    assert_eq!(function.binary, "send_mail");
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(30), 256));
    assert_eq!(json!(function.environment), json!({"A": "1", "B": "own", "C": "true"}));
    assert_eq!(
        function.policy,
        json!([{"Effect": "Allow", "Action": "a"}, {"Effect": "Allow", "Action": "b"}, {"Effect": "Deny", "Action": "c"}])
    );
    assert_eq!(function.routes, [Route::Path { method: "GET".into(), path: "/a/b".into() }, Route::Default]);
    let queue = &function.queues[0];
    assert_eq!((queue.queue.as_str(), queue.batch_size, queue.maximum_concurrency), ("shop-Queue", 5, Some(2)));
    assert!(queue.enabled && queue.reports_batch_item_failures);
}

#[test]
fn a_stack_consists_of_all_that_is_declared_and_not_left_out() {
    let description = described(
        r"
Conditions: {No: !Equals [a, b]}
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  Worker: {Type: AWS::Serverless::Function}
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}}}
  Work: {Type: AWS::SQS::Queue}
  Absent: {Type: AWS::SQS::Queue, Condition: No}
  Alerts: {Type: AWS::SNS::Topic}
  Alarm: {Type: AWS::CloudWatch::Alarm}
",
    )
    .unwrap();
    let listed = description
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource.physical_id.as_str(), resource.resource_type.as_str()));
    let expected = [
        ("Api", "shop-api", "AWS::ApiGatewayV2::Api"),
        ("Worker", "shop-Worker", "AWS::Lambda::Function"),
        ("Role", "shop-Role", "AWS::IAM::Role"),
        ("Work", "http://127.0.0.1:5/000000000000/shop-Work", "AWS::SQS::Queue"),
        ("Alerts", "arn:aws:sns:us-east-1:000000000000:shop-Alerts", "AWS::SNS::Topic"),
        ("Alarm", "shop-Alarm", "AWS::CloudWatch::Alarm"),
    ];
    assert_eq!(listed.collect::<Vec<_>>(), expected);
}

/// A function with a role of these properties.
fn with_role(properties: &str) -> Result<Description, String> {
    described(&format!(
        r#"
Resources:
  Trace:
    Type: AWS::IAM::ManagedPolicy
    Properties: {{PolicyDocument: {{Statement: {{Effect: Allow, Action: trace, Resource: "*"}}}}}}
  Role: {{Type: AWS::IAM::Role, Properties: {properties}}}
  F:
    Type: AWS::Serverless::Function
    Properties: {{Role: !GetAtt Role.Arn, LoggingConfig: {{LogGroup: /its/own}}}}
"#
    ))
}

#[test]
fn a_function_may_do_what_its_role_allows() {
    let trust = "AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}";
    let policies = "Policies: [{PolicyName: f, PolicyDocument: {Statement: [{Effect: Allow, Action: a}, {Effect: Allow, Action: b}]}}]";
    let description = with_role(&format!("{{{trust}, {policies}, ManagedPolicyArns: [!Ref Trace]}}")).unwrap();
    let actions: Vec<_> =
        description.functions[0].policy.as_array().unwrap().iter().map(|statement| &statement["Action"]).collect();
    assert_eq!(actions, ["a", "b", "trace"]);
    assert_eq!(description.functions[0].log_group, "/its/own");

    for (properties, message) in [
        (
            format!("{{{trust}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']}}"),
            "AdministratorAccess",
        ),
        ("{AssumeRolePolicyDocument: {Statement: []}}".to_owned(), "does not let lambda.amazonaws.com sts:AssumeRole"),
        (format!("{{{trust}, PermissionsBoundary: x}}"), "PermissionsBoundary"),
    ] {
        let error = with_role(&properties).unwrap_err();
        assert!(error.contains(message), "{error} should contain {message}");
    }
    let error =
        described("Resources: {F: {Type: AWS::Serverless::Function, Properties: {Role: 'arn:x'}}}").unwrap_err();
    assert_eq!(error, "F: the template has no role arn:x");
}

#[test]
fn two_functions_cannot_have_one_route() {
    let error = described(
        r"
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /}}}}}
  B: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: HttpApi, Properties: {Method: get, Path: /}}}}}
",
    )
    .unwrap_err();
    assert_eq!(error, "B and A both have the route GET /");
}
