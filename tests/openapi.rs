//! docs/openapi.yaml against the route table: neither has an operation that the other lacks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use limen::{
    openapi,
    routes::{Audience, ROUTES, Route},
};
use serde_json::{Map, Value};

/// What of a path item is not an operation.
const BESIDE_OPERATIONS: [&str; 4] = ["parameters", "summary", "description", "servers"];

fn document() -> Value {
    serde_json::from_str(openapi::DOCUMENT).unwrap()
}

fn paths(document: &Value) -> &Map<String, Value> {
    document["paths"].as_object().unwrap()
}

/// `(path, method)` of each operation in the document.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    paths(document)
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods
                .filter(|name| !BESIDE_OPERATIONS.contains(&name.as_str()))
                .map(|method| (path.clone(), method.clone()))
        })
        .collect()
}

/// `(path, method)` of each row of the route table. OpenAPI has no name for `{+name}`, several segments.
fn routed() -> BTreeSet<(String, String)> {
    ROUTES
        .iter()
        .flat_map(|route| {
            let methods = route.methods.iter().map(|method| method.as_str().to_lowercase());
            methods.map(|method| (route.path.replace("{+", "{"), method))
        })
        .collect()
}

/// What to paste into docs/openapi.yaml for an operation that it lacks.
fn skeleton(path: &str, method: &str) -> String {
    let has_path = |route: &&Route| route.path.replace("{+", "{") == path;
    let route = ROUTES.iter().find(has_path).unwrap();
    let tag = match route.audience {
        Audience::Browser => "authorization",
        Audience::Machine => "tokens",
        Audience::Operator => "admin",
    };
    let (bad, unavailable) = match route.audience {
        Audience::Browser => ("ErrorPage", "UnavailablePage"),
        _ => ("BadRequest", "Unavailable"),
    };
    let name: String = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .chain([method])
        .filter(|word| !word.is_empty())
        .enumerate()
        .map(|(n, word)| match n {
            0 => word.to_owned(),
            _ => word[..1].to_uppercase() + &word[1..],
        })
        .collect();
    format!(
        "
  {path}:
    {method}:
      operationId: {name}
      tags: [{tag}]
      summary: what it does, and the section of the specification
      # requestBody, parameters, security as in its neighbours
      responses:
        # one for each status that it can answer with
        '200':
          description: what comes back
          content: ...
        '400':
          $ref: '#/components/responses/{bad}'
        '503':
          $ref: '#/components/responses/{unavailable}'
"
    )
}

#[test]
fn the_document_and_the_route_table_have_the_same_operations() {
    let document = document();
    let (described, routed) = (described(&document), routed());
    let missing: String = routed
        .difference(&described)
        .map(|(path, method)| skeleton(path, method))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/openapi.yaml lacks operations of src/routes/table.rs. Add under `paths:` (and a request to \
         tests/worker/openapi/requests/):\n{missing}"
    );
    let gone: Vec<_> = described.difference(&routed).collect();
    assert!(
        gone.is_empty(),
        "docs/openapi.yaml has operations that src/routes/table.rs has not: {gone:?}"
    );
}

#[test]
fn calls_of_operators_take_the_parameters_and_bodies_that_the_document_has() {
    let document = document();
    for route in ROUTES.iter().filter(|route| route.audience == Audience::Operator) {
        for method in route.methods {
            let operation = &document["paths"][route.path][method.as_str().to_lowercase()];
            let declared = operation["parameters"].as_array().into_iter().flatten();
            let has_query = declared
                .map(|parameter| resolve(&document, parameter))
                .any(|parameter| parameter["in"] == "query");
            let has_body = operation["requestBody"].is_object();
            let takes = (
                route.endpoint.takes_parameters(*method),
                route.endpoint.takes_body(*method),
            );
            assert_eq!(
                takes,
                (has_query, has_body),
                "src/routes/call.rs: parameters and body of {method:?} {}",
                route.path
            );
        }
    }
}

#[test]
fn each_name_in_a_path_is_a_parameter_that_is_required() {
    let document = document();
    for (path, item) in paths(&document) {
        let names: BTreeSet<_> = path
            .split('/')
            .filter_map(|segment| Some(segment.strip_prefix('{')?.trim_end_matches('}')))
            .collect();
        let declared: BTreeSet<_> = item["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path" && parameter["required"] == true)
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, declared, "`parameters:` of {path}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_component_is_used() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for kind in ["headers", "parameters", "responses", "schemas"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&reference.as_str()), "nothing names {reference}");
        }
    }
}

#[test]
fn operations_have_names_of_their_own_and_each_a_tag_a_summary_and_answers() {
    let document = document();
    let tags: Vec<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut names = BTreeSet::new();
    for (path, method) in described(&document) {
        let operation = &document["paths"][&path][&method];
        let name = operation["operationId"].as_str();
        assert!(
            name.is_some_and(|name| names.insert(name)),
            "operationId of {method} {path}"
        );
        assert!(operation["summary"].is_string(), "summary of {method} {path}");
        assert!(tags.contains(&&operation["tags"][0]), "tags of {method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("503"), "503 of {method} {path}");
        for (status, response) in responses {
            let response = resolve(&document, response);
            assert!(response["description"].is_string(), "{status} of {method} {path}");
        }
    }
}

#[test]
fn the_security_of_an_operation_names_a_scheme() {
    let document = document();
    for (path, method) in described(&document) {
        let wanted = document["paths"][&path][&method]["security"].as_array();
        for scheme in wanted
            .into_iter()
            .flatten()
            .flat_map(|one| one.as_object().unwrap().keys())
        {
            assert!(
                document["components"]["securitySchemes"][scheme].is_object(),
                "{scheme} of {method} {path}"
            );
        }
    }
}

fn resolve<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    match node["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => node,
    }
}

fn collect_references<'a>(node: &'a Value, found: &mut Vec<&'a str>) {
    match node {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}
