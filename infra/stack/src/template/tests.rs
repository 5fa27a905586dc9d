//! infra/template.yaml defines what the functions need, and the errors about a wrong template name the place.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::keys::ObjectKey;

use super::names::crate_name;
use super::*;
use crate::resources::{Index, Key, Mapping, Notification, Redrive};

fn parse(text: &str) -> Result<ResourceDefinitions, TemplateError> {
    definitions::read(&template(text, "test")?)
}

#[test]
fn the_template_defines_the_tables_queues_and_mappings_that_the_functions_use() {
    let definitions = definitions("muster").unwrap();
    let tables: Vec<_> =
        definitions.tables.iter().map(|table| (table.name.as_str(), table.key.range.as_deref())).collect();
    for table in [
        ("muster-tasks", Some("sk")),
        ("muster-customers", Some("sk")),
        ("muster-segments", Some("sk")),
        ("muster-identities", None),
    ] {
        assert!(tables.contains(&table), "{table:?} in {tables:?}");
    }
    assert_eq!(tables.len(), 4);
    let tasks = definitions.tables.iter().find(|table| table.name == "muster-tasks").unwrap();
    assert_eq!(tasks.expires.as_deref(), Some("expires"));
    for (index, hash) in [("by_launch", "list"), ("open", "open")] {
        let key = Key { hash: hash.to_owned(), range: Some("pk".to_owned()) };
        assert!(tasks.indexes.contains(&Index { name: index.to_owned(), key }), "{index}");
    }
    for name in ["split", "rows", "finish"] {
        let queue = definitions.queues.iter().find(|queue| queue.name == format!("muster-{name}")).unwrap();
        let redrive = Redrive { queue: format!("muster-{name}-dlq"), max_receives: 10 };
        assert_eq!(queue.redrive, Some(redrive));
        assert!(definitions.queue(&format!("{name}-dlq")).is_some());
    }
    let mappings: Vec<_> =
        definitions.mappings.iter().map(|mapping| (mapping.queue.as_str(), mapping.function.as_str())).collect();
    for mapping in [
        ("muster-split", "splitter"),
        ("muster-rows", "row-processor"),
        ("muster-finish", "finisher"),
        ("muster-rows-dlq", "finisher"),
        ("muster-split-dlq", "finisher"),
    ] {
        assert!(mappings.contains(&mapping), "{mapping:?} in {mappings:?}");
    }
    let rows = definitions.mappings.iter().find(|mapping| mapping.queue == "muster-rows").unwrap();
    assert_eq!((rows.batch_size, rows.window), (5, Duration::ZERO));
    let of_prefix = |prefix: &str| Notification { prefix: prefix.to_owned(), queue: "muster-split".to_owned() };
    assert_eq!(definitions.bucket.notifications, [of_prefix("uploads/"), of_prefix("inbox/")]);
    let days = |count: u64| Some(Duration::from_secs(count * 24 * 3600));
    assert_eq!(definitions.bucket.abandoned, days(7));
    let kept: Vec<_> = definitions.bucket.expirations.iter().map(|rule| rule.prefix.as_str()).collect();
    assert_eq!(kept, ObjectKey::PREFIXES, "every object has one rule, or else it would be kept for good");
    assert!(definitions.bucket.expirations.iter().all(|rule| Some(rule.after) == days(30)));
    assert_eq!(definitions.schedules[0].function, "finisher");
    assert_eq!(definitions.schedules[0].input["source"], "muster.sweep");
}

/// A new account runs ten functions at a time, and a mapping without a maximum takes up to 1,000.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
#[test]
fn mappings_leave_room_for_the_api_in_a_new_account() {
    let definitions = definitions("muster").unwrap();
    let most = |queue: &str| {
        let mapping = definitions.mappings.iter().find(|mapping| mapping.queue == queue).unwrap();
        mapping.concurrency.unwrap_or_else(|| panic!("the mapping of {queue} has no maximum"))
    };
    assert!(definitions.mappings.iter().all(|mapping| most(&mapping.queue) >= 2), "Lambda refuses less");
    let busy: u32 = ["muster-split", "muster-rows", "muster-finish"].into_iter().map(most).sum();
    assert!(busy < 10, "{busy} at a time");
}

/// Lambda takes the lines of figures, which have no level, for INFO. A filter above that silences the alarms on them.
#[test]
fn no_level_of_logs_silences_the_figures() {
    let template = template(TEMPLATE, "muster").unwrap();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let logging = template.function_property(&function, "LoggingConfig");
        assert_eq!(logging.get("ApplicationLogLevel").text().unwrap(), "TRACE", "{id}");
    }
}

/// What a first deployment made before it failed would keep its name, and the next deployment would fail on that.
#[test]
fn a_first_deployment_that_fails_keeps_nothing() {
    let template = template(TEMPLATE, "muster").unwrap();
    let kept = ["AWS::DynamoDB::Table", "AWS::S3::Bucket"].into_iter().flat_map(|kind| template.resources(kind));
    for (id, resource) in kept {
        assert_eq!(resource.get("DeletionPolicy").text().unwrap(), "RetainExceptOnCreate", "{id}");
    }
}

#[test]
fn a_queue_is_invisible_for_six_times_as_long_as_its_function_may_run() {
    let template = template(TEMPLATE, "muster").unwrap();
    let definitions = definitions("muster").unwrap();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let timeout = template.function_property(&function, "Timeout").maybe_number().unwrap().unwrap_or(3);
        let name = crate_name(&function).unwrap();
        for mapping in definitions.mappings.iter().filter(|mapping| mapping.function == name) {
            let queue = definitions.queues.iter().find(|queue| queue.name == mapping.queue).unwrap();
            assert!(queue.visibility.as_secs() >= u64::from(6 * timeout), "{} for {name}", queue.name);
        }
    }
}

fn error(template: &str) -> String {
    parse(template).unwrap_err().to_string()
}

#[test]
fn the_error_about_a_wrong_template_names_the_place() {
    assert_eq!(error("Resources: {}\n"), "the template's Resources have no AWS::S3::Bucket");
    let bucket = "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n";
    assert_eq!(parse(bucket).unwrap().bucket.name, "test-files");
    let queue = "  Rows:\n    Type: AWS::SQS::Queue\n    Properties:\n";
    assert_eq!(
        error(&format!("{bucket}{queue}      VisibilityTimeout: long\n")),
        "the template's Resources.Rows.Properties.VisibilityTimeout is not a number"
    );
    assert_eq!(
        error(&format!("{bucket}{queue}      QueueName: !Sub '${{Nobody}}-rows'\n")),
        "the template's Resources.Rows.Properties.QueueName names Nobody, which is not a parameter"
    );
    assert_eq!(
        error(&format!(
            "{bucket}{queue}      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt Gone.Arn, maxReceiveCount: 5 }}\n"
        )),
        "the template's Resources.Rows.Properties.RedrivePolicy.deadLetterTargetArn does not refer to a resource of the template"
    );
}

#[test]
fn parameters_and_references_are_resolved() {
    let template = "\
Parameters:
  Most: { Type: Number, Default: 7 }
Globals: { Function: { Timeout: 10 } }
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub '${AWS::StackName}-${AWS::AccountId}'
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead } }
  Rows:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub '${AWS::StackName}-rows'
      VisibilityTimeout: 360
      RedrivePolicy: { deadLetterTargetArn: !GetAtt [Dead, Arn], maxReceiveCount: !Ref Most }
  RowProcessor:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/row-processor/
      Events:
        Rows:
          Type: SQS
          Properties:
            Queue: !GetAtt Rows.Arn
            MaximumBatchingWindowInSeconds: 2
            ScalingConfig: { MaximumConcurrency: !Ref Most }
            FunctionResponseTypes: [ReportBatchItemFailures]
        Clock:
          Type: ScheduleV2
          Properties: { ScheduleExpression: rate(1 hour), Input: '{\"a\": 1}' }
";
    let definitions = parse(template).unwrap();
    assert_eq!(definitions.bucket.name, "test-000000000000");
    assert_eq!(definitions.queues[1].redrive, Some(Redrive { queue: "dead".to_owned(), max_receives: 7 }));
    let expected = Mapping {
        queue: "test-rows".to_owned(),
        function: "row-processor".to_owned(),
        batch_size: 10,
        window: Duration::from_secs(2),
        concurrency: Some(7),
    };
    assert_eq!(definitions.mappings, [expected]);
    assert_eq!(definitions.schedules[0].every, Duration::from_secs(3600));
}

#[test]
fn functions_that_can_invoke_themselves_through_a_queue_are_allowed_to() {
    let template = template(TEMPLATE, "muster").unwrap();
    let (definitions, permissions) = (definitions("muster").unwrap(), permissions("muster", "function").unwrap());
    let invoked_by_queue = |queue: &str| {
        let redrive =
            definitions.queues.iter().find(|other| other.name == queue).and_then(|queue| queue.redrive.as_ref());
        let queues = [Some(queue), redrive.map(|redrive| redrive.queue.as_str())];
        let mappings = definitions.mappings.iter().filter(|mapping| queues.contains(&Some(mapping.queue.as_str())));
        mappings.map(|mapping| mapping.function.clone()).collect::<Vec<String>>()
    };
    let invoked_by = |function: &str| -> BTreeSet<String> {
        let sends =
            permissions.iter().filter(|granted| granted.function == function && granted.action == "sqs:SendMessage");
        sends.flat_map(|granted| invoked_by_queue(&granted.resource)).collect()
    };
    let mut loops = BTreeSet::new();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let name = crate_name(&function).unwrap();
        let mut reached = invoked_by(&name);
        while let Some(more) =
            reached.iter().flat_map(|function| invoked_by(function)).find(|more| !reached.contains(more))
        {
            reached.insert(more);
        }
        let allowed = function.get("Properties").get("RecursiveLoop").maybe_text().unwrap();
        assert_eq!(allowed.as_deref(), reached.contains(&name).then_some("Allow"), "{name}");
        loops.extend(reached.contains(&name).then_some(name));
    }
    assert_eq!(loops.iter().map(String::as_str).collect::<Vec<_>>(), ["finisher", "row-processor", "splitter"]);
}

/// Lambda needs both where a function URL has the authorization type `NONE`.
#[test]
fn whoever_has_a_key_may_call_every_function_url_and_invoke_its_function_by_it() {
    let template = template(TEMPLATE, "muster").unwrap();
    let with_url: BTreeSet<String> = template
        .resources("AWS::Lambda::Url")
        .map(|(_, url)| url.get("Properties").get("TargetFunctionArn").resource().unwrap())
        .collect();
    let expected = ["ConsoleFunction", "StatusFunction", "UploadFunction"];
    assert_eq!(with_url.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let granted: BTreeSet<(String, String)> = template
        .resources("AWS::Lambda::Permission")
        .map(|(_, permission)| {
            let properties = permission.get("Properties");
            let action = properties.get("Action").text().unwrap();
            let restriction = match action.as_str() {
                "lambda:InvokeFunctionUrl" => properties.get("FunctionUrlAuthType").text().unwrap() == "NONE",
                _ => properties.get("InvokedViaFunctionUrl").text().unwrap() == "true",
            };
            assert!(restriction, "{action} only by the URL");
            (properties.get("FunctionName").resource().unwrap(), action)
        })
        .collect();
    let needed: BTreeSet<(String, String)> = with_url
        .iter()
        .flat_map(|function| {
            ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"].map(|action| (function.clone(), action.to_owned()))
        })
        .collect();
    assert_eq!(granted, needed);
}
