//! Roles at apps: who has some, and in which claim the tokens of an app tell them there.
//!
//! A protocol mapper of the kind `oidc-usermodel-client-role-mapper` tells them: one of the app's own, or one of a client scope that the app
//! has ("Protocol mappers" and "Client scopes", Keycloak's Server Administration Guide). That of the scope `roles`, which every
//! realm has, writes `resource_access.${client_id}.roles` into access tokens.

use serde_json::Value;

use super::{flag, list, text, texts};

/// Names of claims that mean something else in every token: the Worker's own list, so that both say the same.
#[allow(dead_code)]
#[path = "../../../../../src/config/reserved_claims.rs"]
mod reserved_claims;

const MAPPER: &str = "oidc-usermodel-client-role-mapper";

/// A role that Keycloak itself gives where an app decides by policies.
const OWN_ROLE: &str = "uma_protection";

/// The most names on the way to a claim, and the most bytes of one.
const DEEPEST: usize = 5;
const LONGEST_NAME: usize = 200;

/// Where an app is told the roles that people have there.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    At {
        claim: Vec<String>,
        in_access_tokens: bool,
    },
    /// Its tokens say nothing of them.
    Nowhere,
    /// In a claim that Limen's apps cannot have.
    Otherwise(String),
}

/// Whether an app has roles: some that are defined, or some that somebody has.
pub fn has_some(realm: &Value, app: &str) -> bool {
    let defined = realm.get("roles").and_then(|roles| roles.get("client"));
    let is_own = |role: &Value| text(role, "name") == Some(OWN_ROLE);
    defined.is_some_and(|defined| list(defined, app).iter().any(|role| !is_own(role)))
        || list(realm, "users").iter().any(|user| has_one(user, app))
        || list(realm, "groups").iter().any(|group| group_has_one(group, app))
}

fn has_one(holder: &Value, app: &str) -> bool {
    holder
        .get("clientRoles")
        .is_some_and(|roles| !list(roles, app).is_empty())
        && holder.get("serviceAccountClientId").is_none()
}

fn group_has_one(group: &Value, app: &str) -> bool {
    has_one(group, app) || list(group, "subGroups").iter().any(|below| group_has_one(below, app))
}

/// Where the tokens of an app tell its roles.
pub fn told(realm: &Value, client: &Value, app: &str) -> Told {
    let usual = |name: &str| Told::At {
        claim: path(name, app),
        in_access_tokens: true,
    };
    // What it had to ask for comes last.
    let scopes = ["defaultClientScopes", "optionalClientScopes"]
        .map(|name| texts(client, name))
        .concat();
    let known = list(realm, "clientScopes");
    let of_scopes = scopes
        .iter()
        .filter_map(|name| known.iter().find(|scope| text(scope, "name") == Some(name)));
    let mappers = list(client, "protocolMappers")
        .iter()
        .chain(of_scopes.flat_map(|scope| list(scope, "protocolMappers")));
    let about_it = |config: &&Value| {
        let of_one = text(config, "usermodel.clientRoleMapping.clientId");
        let is_told = ["access.token.claim", "id.token.claim", "userinfo.token.claim"]
            .iter()
            .any(|place| flag(config, place) == Some(true));
        is_told && of_one.is_none_or(|of_one| of_one == app)
    };
    let found = mappers
        .filter(|mapper| text(mapper, "protocolMapper") == Some(MAPPER))
        .filter_map(|mapper| mapper.get("config"))
        .find(about_it);
    let Some(config) = found else {
        // A file without client scopes, or without those of the app, does not say what its tokens tell.
        let is_said = realm.get("clientScopes").is_some() && client.get("defaultClientScopes").is_some();
        return match is_said {
            true => Told::Nowhere,
            false => usual("resource_access.${client_id}.roles"),
        };
    };
    let name = text(config, "claim.name").unwrap_or("resource_access.${client_id}.roles");
    let claim = path(name, app);
    match is_free(&claim) {
        true => Told::At {
            claim,
            in_access_tokens: flag(config, "access.token.claim") == Some(true),
        },
        false => Told::Otherwise(claim.join(".")),
    }
}

/// The names that lead to a claim: dots are between them, but for those behind a backslash.
fn path(name: &str, app: &str) -> Vec<String> {
    const DOT: char = '\0';
    name.replace("\\.", &DOT.to_string())
        .split('.')
        .map(|part| part.replace(DOT, ".").replace("${client_id}", app))
        .collect()
}

/// Whether an app can be told roles there.
fn is_free(claim: &[String]) -> bool {
    let fits = |name: &String| {
        (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic())
            && !["__proto__", "constructor", "prototype"].contains(&name.as_str())
    };
    let Some(first) = claim.first() else { return false };
    let base = first.split('#').next().unwrap_or_default().to_ascii_lowercase();
    let means_another = base != "groups" && reserved_claims::is_standard(&base);
    claim.len() <= DEEPEST && claim.iter().all(fits) && !reserved_claims::is_reserved(first) && !means_another
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapper(config: Value) -> Value {
        json!({ "protocolMapper": MAPPER, "config": config })
    }

    fn at(claim: &[&str], in_access_tokens: bool) -> Told {
        let claim = claim.iter().map(|name| (*name).to_owned()).collect();
        Told::At {
            claim,
            in_access_tokens,
        }
    }

    #[test]
    fn an_app_is_told_its_roles_where_its_tokens_told_them() {
        let usual = mapper(json!({ "access.token.claim": "true", "claim.name": "resource_access.${client_id}.roles" }));
        let realm = json!({ "clientScopes": [{ "name": "roles", "protocolMappers": [usual] }, { "name": "profile" }] });
        let own = |config: Value| json!({ "defaultClientScopes": ["roles"], "protocolMappers": [mapper(config)] });
        for (realm, client, place) in [
            (&json!({}), json!({}), at(&["resource_access", "a.b", "roles"], true)),
            (
                &realm,
                json!({ "defaultClientScopes": ["profile", "roles"] }),
                at(&["resource_access", "a.b", "roles"], true),
            ),
            (&realm, json!({ "defaultClientScopes": ["profile"] }), Told::Nowhere),
            (
                &realm,
                json!({ "defaultClientScopes": [], "optionalClientScopes": ["roles"] }),
                at(&["resource_access", "a.b", "roles"], true),
            ),
            (
                &realm,
                own(json!({ "claim.name": "roles", "id.token.claim": "true", "access.token.claim": "false" })),
                at(&["roles"], false),
            ),
            (
                &realm,
                own(json!({ "claim.name": "https://acme\\.org/roles", "access.token.claim": "true" })),
                at(&["https://acme.org/roles"], true),
            ),
            (
                &realm,
                own(
                    json!({ "claim.name": "other", "access.token.claim": "true", "usermodel.clientRoleMapping.clientId": "x" }),
                ),
                at(&["resource_access", "a.b", "roles"], true),
            ),
            (
                &realm,
                own(json!({ "claim.name": "scope", "access.token.claim": "true" })),
                Told::Otherwise("scope".to_owned()),
            ),
        ] {
            assert_eq!(told(realm, &client, "a.b"), place, "{client}");
        }
        for (name, free) in [
            ("Email", false),
            ("groups", true),
            ("address.roles", false),
            ("a..b", false),
            ("a.b.c.d.e.f", false),
        ] {
            assert_eq!(is_free(&path(name, "x")), free, "{name}");
        }
    }

    #[test]
    fn roles_that_nobody_has_count_where_the_realm_defines_them() {
        let realm = json!({
            "roles": { "client": { "a": [{ "name": "admin" }], "b": [], "c": [{ "name": OWN_ROLE }] } },
            "users": [{ "clientRoles": { "d": ["x"] } }, { "serviceAccountClientId": "e", "clientRoles": { "e": ["x"] } }],
            "groups": [{ "subGroups": [{ "clientRoles": { "f": ["x"] } }] }],
        });
        let with: Vec<_> = ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .filter(|app| has_some(&realm, app))
            .collect();
        assert_eq!(with, ["a", "d", "f"]);
    }
}
