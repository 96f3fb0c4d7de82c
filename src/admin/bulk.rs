//! Several calls of the admin API that are sent as one request.

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::body;
use crate::{
    oidc::{error::OAuthError, params},
    routes::{self, Endpoint, Method},
};

/// The most calls of one request: D1 takes 1,000 statements for one, and a call has up to some twenty.
pub const MOST: usize = 50;

/// Calls, in the order in which they are made.
#[derive(Debug)]
pub struct Bulk {
    pub operations: Vec<Operation>,
    /// Whether those after one that fails are left out.
    pub stops_at_failure: bool,
}

/// One call.
#[derive(Debug, PartialEq)]
pub struct Operation {
    pub method: Method,
    /// Below `/admin/api/`, without a query.
    pub path: String,
    /// The JSON of its body.
    pub body: Option<String>,
}

impl Bulk {
    /// Reads what was sent.
    ///
    /// # Errors
    /// `invalid_request`, naming the operation by its number from 0 and what is wrong with it. Nothing has been done then.
    pub fn parse(sent: &[u8]) -> Result<Self, OAuthError> {
        let mut members = body::members(sent, &["operations", "stop_at_failure"])?;
        let stops_at_failure = match members.remove("stop_at_failure") {
            None => false,
            Some(Value::Bool(stops)) => stops,
            Some(_) => return Err(OAuthError::invalid_request("stop_at_failure must be true or false")),
        };
        let operations = match members.remove("operations") {
            Some(Value::Array(operations)) if (1..=MOST).contains(&operations.len()) => operations,
            _ => {
                let wrong = format!("operations must be a list of 1 to {MOST} objects");
                return Err(OAuthError::invalid_request(wrong));
            }
        };
        let numbered = operations.into_iter().enumerate();
        let operations = numbered.map(|(n, operation)| {
            Operation::parse(operation)
                .map_err(|wrong| OAuthError::invalid_request(format!("operations[{n}]{wrong}; nothing was done")))
        });
        Ok(Self {
            operations: operations.collect::<Result<_, _>>()?,
            stops_at_failure,
        })
    }
}

impl Operation {
    fn parse(sent: Value) -> Result<Self, String> {
        let Value::Object(mut members) = sent else {
            return Err(" must be an object".to_owned());
        };
        let mut text = |name: &'static str| match members.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!(".{name} must be a text")),
        };
        let (method, path) = (text("method")?, text("path")?);
        let method = Method::parse(&method)
            .filter(|method| matches!(method, Method::Post | Method::Put | Method::Patch | Method::Delete));
        let method = method.ok_or(".method must be POST, PUT, PATCH or DELETE")?;
        if !may_be_in_bulk(&path) {
            return Err(
                ".path must be a path below /admin/api/ without a query, and not one that is for many things itself"
                    .to_owned(),
            );
        }
        let body = members.remove("body").map(|body| body.to_string());
        match members.keys().next() {
            None => Ok(Self { method, path, body }),
            Some(name) if params::is_word(name) => Err(format!(".{name} is no member here")),
            Some(_) => Err(" has a member that is not known here".to_owned()),
        }
    }
}

fn may_be_in_bulk(path: &str) -> bool {
    let is_plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte));
    // What is itself about many things stands alone. Where there is nothing, the call itself is told so.
    let is_alone = routes::find(path).is_some_and(|(route, _)| {
        matches!(
            route.endpoint,
            Endpoint::AdminBulk
                | Endpoint::AdminExport
                | Endpoint::AdminImport
                | Endpoint::AdminClientApproval
                | Endpoint::AdminUnusedClients
        )
    });
    is_plain && path.starts_with("/admin/api/") && !is_alone
}

/// What became of a call.
#[derive(Serialize)]
pub struct Outcome {
    /// Its number, from 0.
    pub operation: usize,
    /// The HTTP status that it would have had by itself.
    pub status: u16,
    /// The JSON of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(sent: &Value) -> Result<Bulk, String> {
        Bulk::parse(sent.to_string().as_bytes()).map_err(|error| error.description.into_owned())
    }

    #[test]
    fn calls_keep_their_order() {
        let bulk = parse(&json!({"stop_at_failure": true, "operations": [
            {"method": "PATCH", "path": "/admin/api/users/u", "body": {"disabled": true}},
            {"method": "DELETE", "path": "/admin/api/groups/g"},
        ]}))
        .unwrap();
        assert!(bulk.stops_at_failure);
        let [first, second] = bulk.operations.try_into().unwrap();
        let body = Some(r#"{"disabled":true}"#.to_owned());
        assert_eq!(
            (first.method, first.path.as_str(), first.body),
            (Method::Patch, "/admin/api/users/u", body)
        );
        assert_eq!(
            (second.method, second.path.as_str(), second.body),
            (Method::Delete, "/admin/api/groups/g", None)
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_number() {
        let good = json!({"method": "DELETE", "path": "/admin/api/users/u"});
        let with = |name: &str, value: Value| {
            let mut other = good.clone();
            other[name] = value;
            other
        };
        for (operation, named) in [
            (json!("DELETE /admin/api/users/u"), "operations[1] must be an object"),
            (with("method", json!("GET")), "operations[1].method must be"),
            (with("method", json!("delete")), "operations[1].method must be"),
            (with("path", json!(7)), "operations[1].path must be a text"),
            (with("path", json!("/token")), "operations[1].path must be a path below"),
            (
                with("path", json!("/admin/api/bulk")),
                "operations[1].path must be a path below",
            ),
            (
                with("path", json!("/admin/api/clients/approval")),
                "operations[1].path must be a path below",
            ),
            (
                with("path", json!("/admin/api/import")),
                "operations[1].path must be a path below",
            ),
            (
                with("path", json!("/admin/api/users?limit=1")),
                "operations[1].path must be a path below",
            ),
            (
                with("path", json!("//evil.example/admin/api/")),
                "operations[1].path must be a path below",
            ),
            (with("data", json!({})), "operations[1].data is no member here"),
        ] {
            let wrong = parse(&json!({ "operations": [good, operation] })).unwrap_err();
            assert!(wrong.starts_with(named), "{wrong}");
            assert!(wrong.ends_with("nothing was done"), "{wrong}");
        }
    }

    #[test]
    fn there_are_as_many_as_can_be_done() {
        let good = json!({"method": "DELETE", "path": "/admin/api/users/u"});
        let bulk = |n: usize| json!({ "operations": vec![&good; n] });
        assert!(parse(&bulk(MOST)).is_ok());
        for wrong in [
            bulk(0),
            bulk(MOST + 1),
            json!({}),
            json!({"operations": {}}),
            json!({"operations": [good], "more": 1}),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
        assert!(parse(&json!({"operations": [good], "stop_at_failure": "yes"})).is_err());
    }
}
