//! Both routes of events over HTTPS as OpenAPI 3.1, whose schemas are those of the contract.
//! <https://spec.openapis.org/oas/v3.1.1.html>

use serde_json::{Map, Value, json};

use crate::{
    contract::{
        schema,
        table::{DETAIL_TYPES, DetailType, SCHEMA_VERSION},
    },
    posted, upload,
};

/// The description of the routes.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Booking events over HTTPS",
            "version": SCHEMA_VERSION,
            "description": "How a booking system tells a customer portal about bookings, signed as Standard Webhooks has it \
                (https://www.standardwebhooks.com). What no schema can say stands in infra/events/README.md of the portal.",
        },
        "servers": [{
            "url": "https://{host}",
            "description": "The stack's output WebhookUrl without /events.",
            "variables": {"host": {"default": "portal.example.com"}},
        }],
        "security": [{"signature": []}],
        "paths": {"/events": {"post": events()}, "/events/documents": {"post": documents()}},
        "components": {
            "schemas": schemas(),
            "parameters": parameters(),
            "responses": refusals(),
            "securitySchemes": {"signature": {
                "type": "apiKey",
                "in": "header",
                "name": "webhook-signature",
                "description": "v1, and in Base64 the HMAC-SHA-256 of {webhook-id}.{webhook-timestamp}.{body} by the stack's secret, \
                    which is what whsec_ stands before, decoded. Several have a space between them, and one has to be right.",
            }},
        },
    })
}

fn events() -> Value {
    operation(
        "postEvents",
        "Sends one event, or up to ten",
        "Each carries the whole booking. 202 says that all of them are on the queue; sent again, they change nothing.",
        &json!({"oneOf": [
            reference("schemas/Event"),
            {"type": "array", "minItems": 1, "maxItems": posted::MOST, "items": reference("schemas/Event")},
        ]}),
        ("202", "All of it is on the queue.", "Queued"),
    )
}

fn documents() -> Value {
    operation(
        "promiseDocument",
        "Promises a PDF, and is told how to put it",
        "The answer is a request that puts that PDF and no other, for 15 minutes. Then send the event that names its key.",
        &reference("schemas/Promise"),
        ("200", "How the PDF is put.", "Put"),
    )
}

fn operation(id: &str, summary: &str, about: &str, body: &Value, (status, fine, answer): (&str, &str, &str)) -> Value {
    let refused =
        |Refusal { status, name, .. }: &Refusal| ((*status).to_owned(), reference(&format!("responses/{name}")));
    let mut responses: Map<String, Value> = REFUSALS.iter().map(refused).collect();
    let content = json!({"application/json": {"schema": reference(&format!("schemas/{answer}"))}});
    responses.insert(status.into(), json!({"description": fine, "content": content}));
    json!({
        "operationId": id,
        "summary": summary,
        "description": about,
        "parameters": [reference("parameters/id"), reference("parameters/timestamp")],
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": responses,
    })
}

/// An answer that both routes may give in place of what was asked for.
struct Refusal {
    status: &'static str,
    name: &'static str,
    about: &'static str,
    /// A header that it has besides, and its JSON type.
    header: Option<(&'static str, &'static str)>,
}

const fn refusal(status: &'static str, name: &'static str, about: &'static str) -> Refusal {
    Refusal { status, name, about, header: None }
}

const REFUSALS: [Refusal; 7] = [
    refusal(
        "401",
        "NotSigned",
        "Not signed with a secret of the stack, or not just now. Not to be sent again as it is.",
    ),
    Refusal { header: Some(("allow", "string")), ..refusal("405", "WrongMethod", "Only POST is taken.") },
    refusal("413", "TooLarge", "The body has more than 256 KiB."),
    refusal("415", "NotJson", "The content type is not application/json."),
    refusal("422", "Faulty", "It breaks the contract, and nothing of it was taken. Not to be sent again as it is."),
    refusal("429", "TooMany", "To be sent again later. API Gateway answers it by itself, without Retry-After."),
    Refusal { header: Some(("retry-after", "integer")), ..refusal("503", "TryAgain", "To be sent again, whole.") },
];

fn refusals() -> Value {
    let described = |Refusal { status, name, about, header }: &Refusal| {
        let (media_type, schema) = match *status {
            "429" => ("application/json", "Message"),
            _ => ("application/problem+json", "Problem"),
        };
        let content = json!({media_type: {"schema": reference(&format!("schemas/{schema}"))}});
        let mut refusal = json!({"description": about, "content": content});
        if let Some((header, kind)) = header {
            refusal["headers"] = json!({*header: {"schema": {"type": kind}}});
        }
        ((*name).to_owned(), refusal)
    };
    Value::Object(REFUSALS.iter().map(described).collect())
}

fn parameters() -> Value {
    json!({
        "id": {
            "name": "webhook-id", "in": "header", "required": true,
            "description": "The sender's own id of this request; the same when it is sent again.",
            "schema": {"type": "string", "pattern": "^[!-+\\-/-~]+$"},
        },
        "timestamp": {
            "name": "webhook-timestamp", "in": "header", "required": true,
            "description": "Now, in seconds since 1970; at most five minutes from the portal's clock. A request is signed anew whenever it is sent.",
            "schema": {"type": "integer"},
        },
    })
}

fn schemas() -> Value {
    let Value::Object(mut all) = json!({
        "Event": {
            "oneOf": DETAIL_TYPES.iter().map(|kind| reference(&format!("schemas/{}", kind.name))).collect::<Vec<_>>(),
        },
        "Promise": schema::of_shape(&upload::REQUEST),
        "Queued": {
            "type": "object",
            "properties": {"queued": {"type": "integer", "minimum": 1, "maximum": posted::MOST, "description": "How many events."}},
            "required": ["queued"],
        },
        "Put": {
            "type": "object",
            "properties": {
                "method": {"const": "PUT"},
                "url": {"type": "string", "format": "uri"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}, "description": "To be sent as they are."},
                "expires_at": {"type": "string", "format": "date-time"},
                "key": {"type": "string", "description": "What the event that names the document has as its file.key."},
            },
            "required": ["method", "url", "headers", "expires_at", "key"],
        },
        "Problem": {
            "description": "RFC 9457. Nothing of what was sent is in it.",
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": {"type": "array", "items": reference("schemas/Fault")},
                "more": {"type": "integer", "description": "How many faults there are besides those in errors."},
            },
            "required": ["title", "status", "detail"],
        },
        "Fault": {
            "type": "object",
            "properties": {
                "index": {"type": "integer", "description": "Which event of the list, counted from 0."},
                "field": {"type": "string", "description": "Where, for example booking.starts_at; empty for the event itself."},
                "expected": {"type": "string"},
            },
            "required": ["index", "field", "expected"],
        },
        "Message": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
    }) else {
        return Value::Null;
    };
    DETAIL_TYPES.iter().for_each(|kind| add_event(kind, &mut all));
    Value::Object(all)
}

/// Adds an event of this type. What several have in common, such as the booking, stands there once, under its field's name.
fn add_event(kind: &DetailType, all: &mut Map<String, Value>) {
    let mut detail = schema::of(kind);
    for keyword in ["$schema", "$id", "title"] {
        detail.as_object_mut().map(|detail| detail.remove(keyword));
    }
    for (name, field) in detail["properties"].as_object_mut().into_iter().flatten() {
        all.insert(name.clone(), std::mem::replace(field, reference(&format!("schemas/{name}"))));
    }
    let event = json!({
        "type": "object",
        "properties": {"detail-type": {"const": kind.name}, "detail": detail},
        "required": ["detail-type", "detail"],
    });
    all.insert(kind.name.into(), event);
}

fn reference(to: &str) -> Value {
    json!({"$ref": format!("#/components/{to}")})
}
