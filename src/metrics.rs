//! What is measured of an answer, where a deployment has the binding `METRICS`: a data point of Workers Analytics Engine, without
//! anything that is personal. docs/operations.md has the columns.

use serde_json::{Value, json};

use crate::{
    oidc::client::client_metadata::GrantType,
    reply::{Body, Reply},
    routes::{Audience, Endpoint, Method, Route},
    web::json,
};

/// What is known of an answer beside itself.
pub struct Measured<'a> {
    pub route: &'a Route,
    pub method: Method,
    /// Of a request for tokens, as it was sent.
    pub grant_type: Option<&'a str>,
    /// The names of events that the request wrote down in the audit.
    pub events: &'a [&'static str],
    pub milliseconds: f64,
    /// Round trips to D1, and reads of KV.
    pub d1: u32,
    pub kv: u32,
}

/// Whether answers of that endpoint are of interest: what caches keep, and development, is not.
pub fn is_of_interest(route: &Route, method: Method) -> bool {
    use Endpoint::{
        AppAccent, AppLogo, CheckSession, DevelopmentMail, DevelopmentMails, Logo, OpenApi, PasskeyScript, Stylesheet,
    };
    let idle = [
        AppAccent,
        AppLogo,
        CheckSession,
        DevelopmentMail,
        DevelopmentMails,
        Logo,
        OpenApi,
        PasskeyScript,
        Stylesheet,
    ];
    method != Method::Options && !idle.contains(&route.endpoint)
}

/// The data point of an answer.
pub fn point(measured: &Measured<'_>, reply: &Reply) -> Value {
    let audience = match measured.route.audience {
        Audience::Machine => "app",
        Audience::Operator => "operator",
        Audience::Browser => "person",
    };
    let grant = measured
        .grant_type
        .filter(|_| measured.route.endpoint == Endpoint::Token)
        // What a stranger makes up is not told.
        .filter(|sent| GrantType::parse(sent).is_some_and(|known| known != GrantType::Implicit));
    json!({
        "indexes": [measured.route.path],
        "blobs": [
            measured.route.path,
            measured.method.as_str(),
            outcome(reply.status),
            error_code(reply).unwrap_or_default(),
            audience,
            grant.unwrap_or_default(),
            measured.events.join(" "),
        ],
        "doubles": [1, measured.milliseconds, reply.status, measured.d1, measured.kv],
    })
}

fn outcome(status: u16) -> &'static str {
    match status {
        ..400 => "ok",
        429 => "limited",
        400..=499 => "refused",
        _ => "fault",
    }
}

/// The code of the error that an app is told, in the answer or where a browser is sent back to it.
fn error_code(reply: &Reply) -> Option<String> {
    let code = match (&reply.body, &reply.location) {
        (Body::Json(text), _) if reply.status >= 400 => {
            let body: Value = json::parse(text.as_ref())?;
            body.get("error")?.as_str()?.to_owned()
        }
        (_, Some(location)) => {
            let mut parts = location.split(['?', '&', '#']).skip(1);
            parts.find_map(|part| part.strip_prefix("error="))?.to_owned()
        }
        _ => return None,
    };
    let is_code = code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oidc::error::OAuthError,
        routes::{self, ROUTES},
    };

    fn measured<'a>(path: &str, grant_type: Option<&'a str>, events: &'a [&'static str]) -> Measured<'a> {
        Measured {
            route: routes::find(path).unwrap().0,
            method: Method::Post,
            grant_type,
            events,
            milliseconds: 12.5,
            d1: 2,
            kv: 1,
        }
    }

    #[test]
    fn a_point_says_what_was_asked_for_and_what_came_of_it_and_nothing_personal() {
        let refused = Reply::error(&OAuthError::invalid_request("ada@acme.org is wrong"));
        let point_of =
            |path, grant, events: &'static [&'static str], reply| point(&measured(path, grant, events), reply);
        assert_eq!(
            point_of("/token", Some("refresh_token"), &["refresh_token_reused"], &refused),
            json!({
                "indexes": ["/token"],
                "blobs": ["/token", "POST", "refused", "invalid_request", "app", "refresh_token", "refresh_token_reused"],
                "doubles": [1, 12.5, 400, 2, 1],
            })
        );
        let done = Reply::see_other("/account".to_owned());
        let made_up = point_of("/token", Some("ada@acme.org"), &[], &done);
        assert_eq!(made_up["blobs"][5], "");
        let person = point_of("/admin/api/users/secret-id", None, &[], &done);
        assert_eq!(person["indexes"], json!(["/admin/api/users/{user_id}"]));
        assert!(!person.to_string().contains("secret-id"));
    }

    #[test]
    fn an_error_that_goes_back_by_a_redirect_has_its_code() {
        let code = |location: &str| error_code(&Reply::see_other(location.to_owned()));
        let back = "https://app.acme.org/cb?error=access_denied&state=x";
        assert_eq!(code(back).as_deref(), Some("access_denied"));
        assert_eq!(
            code("https://app.acme.org/cb#error=login_required").as_deref(),
            Some("login_required")
        );
        for none in [
            "/login?x=y",
            "https://app.acme.org/cb?code=x",
            "/x?error=Ada%20Lovelace",
        ] {
            assert_eq!(code(none), None, "{none}");
        }
    }

    #[test]
    fn every_status_is_of_one_class() {
        let classes = [200, 303, 400, 404, 429, 500, 503].map(outcome);
        assert_eq!(classes, ["ok", "ok", "refused", "refused", "limited", "fault", "fault"]);
        let interesting = ROUTES.iter().filter(|route| is_of_interest(route, Method::Get)).count();
        assert_eq!(interesting, ROUTES.len() - 9);
        let pictures = ROUTES.iter().filter(|route| route.path.starts_with("/assets/"));
        assert!(pictures.clone().all(|route| !is_of_interest(route, Method::Get)) && pictures.count() == 5);
        assert!(!is_of_interest(&ROUTES[0], Method::Options));
    }
}
