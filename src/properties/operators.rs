//! What operators and their programs send: people, groups, keys, APIs, webhooks, lists of calls, and which page of a list they want.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use url::Host;

use super::{config_with, text, two_texts};
use crate::{
    account::{
        group::Label,
        profile,
        user::{User, Username},
    },
    admin::{
        api,
        api_key::{self, WantedKey},
        audit_filter::AuditFilter,
        bulk::Bulk,
        client_filter::ClientFilter,
        client_secret::WantedSecret,
        group::{MemberChanges, WantedGroup},
        invitation::WantedInvitation,
        moving::Place as ExportPlace,
        operator_role::OperatorRoles,
        paging::Page,
        people_filter::PeopleFilter,
        role::RoleChanges,
        subject_id::SubjectId,
        user::{UserChanges, describe},
        webhook::{Format, WantedWebhook},
    },
    audit::Event,
    config::{Config, ProfileField, SecondFactor},
    oidc::{
        claims::StandardClaims,
        client::own_claim::{OwnClaim, Place},
        params::Params,
        subject::SubjectSalt,
    },
    routes::Method,
    time::UnixTime,
    web::{fetch_url::LoopbackFetches, host},
};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// A deployment that keeps an attribute of each type.
fn config() -> Config {
    let attributes = r#"{"team": {"scope": "employee", "person": "edit"}, "badge": {"type": "number", "person": "edit"},
        "lead": {"type": "flag", "person": "edit"}, "tags": {"type": "list", "person": "edit"}}"#;
    match config_with(&[("ATTRIBUTES", attributes)]) {
        Ok(config) => config,
        Err(problem) => unreachable!("{problem}"),
    }
}

fn user(claims: &Value) -> User {
    let claims = claims.as_object().and_then(|claims| StandardClaims::parse(claims).ok());
    User {
        id: "u1".to_owned(),
        subject_salt: SubjectSalt::new([7; 32]),
        username: Username::stored("ada".to_owned()),
        claims: claims.unwrap_or_default(),
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
        memberships: Default::default(),
    }
}

/// A change of a person. What is told of them afterwards can be sent back, and changes nothing.
pub fn person_change(input: &[u8]) {
    let Ok(changes) = UserChanges::parse(input) else { return };
    assert!(changes.names.len() <= 32 && changes.names.iter().all(|name| name.len() <= 32));
    let known = config().attributes;
    let before = user(&json!({ "name": "Ada", "email": "ada@b.test", "email_verified": true }));
    let Ok(after) = changes.apply(&before, NOW) else { return };
    let told = describe(&after);
    assert!(told.get("password").is_none() && told.get("password_hash").is_none());
    assert_eq!((&after.id, after.created_at), (&before.id, before.created_at));
    if told["email"] != "ada@b.test" && changes.names.iter().all(|name| name != "email_verified") {
        assert!(told["email_verified"] != true, "another address is not confirmed");
    }
    let body = told.to_string();
    let sent_back = match UserChanges::parse(body.as_bytes()) {
        Ok(changes) => changes,
        Err(error) => unreachable!("{error:?}: {body}"),
    };
    let checked = changes.check_attributes(&known).is_ok();
    assert!(!checked || sent_back.check_attributes(&known).is_ok(), "{body}");
    match sent_back.apply(&after, NOW) {
        Ok(again) => assert_eq!(describe(&again), told),
        Err(error) => unreachable!("{error:?}: {body}"),
    }
}

/// The form of a profile. What is taken can be kept, and the same form once more changes nothing.
pub fn profile_form(input: &[u8]) {
    let Some(form) = text(input).and_then(|text| Params::parse(text).ok()) else {
        return;
    };
    let known = config().attributes;
    let entered = |name: &str| form.text(name);
    let mut claims = StandardClaims::default();
    for round in 0..2 {
        if let Ok(changes) = profile::changes_of(&claims, &ProfileField::ALL, &entered) {
            assert!(round == 0 || changes.is_empty(), "{changes:?}");
            claims = match claims.with(&changes) {
                Ok(claims) => claims,
                // Directions are judged where all of it is known.
                Err(problem) => return assert!(problem.contains("characters"), "{problem}"),
            };
        }
        let (changes, _) = profile::attribute_changes(&claims, &known, entered);
        assert_eq!(known.check(&changes), Ok(()));
        assert!(round == 0 || changes.is_empty(), "{changes:?}");
        let changes = Map::from_iter([("attributes".to_owned(), Value::Object(changes))]);
        claims = claims.with(&changes).unwrap_or(claims);
    }
    for field in ProfileField::ALL {
        let value = profile::value(field, &claims);
        assert!(value.chars().count() <= 200);
        assert!(!value.contains(|c: char| c.is_control() && c != '\n'), "{value:?}");
        let is_web = matches!(
            field,
            ProfileField::Website | ProfileField::Picture | ProfileField::Profile
        );
        if is_web && !value.is_empty() {
            let scheme = value.split(':').next().unwrap_or_default().to_ascii_lowercase();
            assert!(["http", "https"].contains(&scheme.as_str()), "{value}");
        }
    }
}

/// Small bodies of the admin API: each gives no more than it says, for a time that ends.
pub fn admin_body(input: &[u8]) {
    if let Ok(wanted) = WantedKey::parse(input) {
        assert!(!wanted.scopes.is_empty());
        let names: BTreeSet<_> = api_key::names(&wanted.scopes).into_iter().collect();
        assert_eq!(names.len(), wanted.scopes.len());
        let body = json!({ "name": wanted.name.as_str(), "scopes": names });
        let again = WantedKey::parse(body.to_string().as_bytes()).map(|again| again.scopes);
        assert_eq!(again.ok(), Some(wanted.scopes.clone()));
        let ends = wanted.ends(None, NOW).map(|ends| ends.seconds() - NOW.seconds());
        assert!(ends.is_ok_and(|seconds| (60..=3_650 * 86_400).contains(&seconds)));
    }
    if let Ok(roles) = OperatorRoles::parse(input) {
        assert!(!roles.is_empty());
        assert_eq!(OperatorRoles::stored(roles.names()), roles);
        assert!(roles.check_within(&roles.scopes()).is_ok());
    }
    if let Ok(changes) = RoleChanges::parse(input) {
        let all = changes.add.iter().chain(&changes.remove);
        for given in all {
            assert_eq!(Label::parse(given.role.as_str()).as_ref(), Some(&given.role));
        }
    }
    if let Ok(changes) = MemberChanges::parse(input) {
        let (add, remove): (BTreeSet<_>, BTreeSet<_>) = (changes.add.iter().collect(), changes.remove.iter().collect());
        assert!(add.is_disjoint(&remove));
        assert_eq!((add.len(), remove.len()), (changes.add.len(), changes.remove.len()));
    }
    let known = config().attributes;
    if let Ok(stated) = WantedGroup::parse(input, SecondFactor::Off, &known) {
        assert_ne!(stated.second_factor_required, Some(true));
        let attributes = stated.attributes.unwrap_or_default();
        assert!(
            attributes
                .keys()
                .all(|name| known.find(name).is_some() || attributes[name].is_null())
        );
    }
    if let Ok(wanted) = WantedInvitation::parse(input) {
        assert!(!wanted.email_verified || wanted.email.is_some());
        assert!(wanted.lifetime.seconds() >= 60);
    }
    if let Ok(wanted) = WantedSecret::parse(input) {
        assert!(wanted.lifetime.is_none_or(|lifetime| lifetime.seconds() >= 60));
    }
    if let Ok(SubjectId::Id(id) | SubjectId::Email(id)) = SubjectId::parse(input, &config().issuer) {
        assert!(!id.is_empty());
    }
}

/// The first line declares an API, the second changes it. What is told of one is read as the same, a change of nothing changes nothing, and
/// an API opens by a word alone.
pub fn declared_api(input: &[u8]) {
    let Some((body, patch)) = two_texts(input) else { return };
    let config = config();
    let Ok(api) = api::parse_new(body.as_bytes(), &config) else {
        return;
    };
    let mut members = api.settings.members();
    members.insert("identifier".to_owned(), json!(api.identifier));
    assert_eq!(api::read_new(&members, &config).as_ref(), Ok(&api));
    let same = api::patched(&api, Map::new(), &config);
    assert_eq!(same.ok().as_ref(), Some(&api.settings));
    let told = json!({ "identifier": api.identifier, "scopes": members["scopes"] });
    assert!(
        told["scopes"].get("employee").is_none(),
        "what ATTRIBUTES keeps is not an API's"
    );
    for client_id in api.settings.apps.keys().map(String::as_str).chain(["another"]) {
        let for_app = api.for_app(client_id, &config.attributes);
        let own: BTreeSet<_> = for_app.scopes().collect();
        assert!(for_app.withheld().all(|scope| !own.contains(scope)));
        assert!(for_app.given().all(|scope| own.contains(scope)));
        let limit = api.settings.apps.get(client_id).and_then(Option::as_ref);
        assert!(limit.is_none_or(|limit| own.iter().all(|scope| limit.contains(*scope))));
    }
    let Ok(change) = api::parse_patch(patch.as_bytes()) else {
        return;
    };
    let says = |name: &str, word: &str| change.get(name).is_some_and(|value| value == word);
    let names_all = change
        .get("apps")
        .is_some_and(|apps| apps.to_string().contains("\"all\""));
    let Ok(after) = api::patched(&api, change.clone(), &config) else {
        return;
    };
    assert!(api.settings.open_to_all || !after.open_to_all || says("open_to", "all_apps"));
    for (client_id, limit) in &api.settings.apps {
        let may_all = match after.apps.get(client_id) {
            Some(limit) => limit.is_none(),
            None => after.open_to_all,
        };
        assert!(
            limit.is_none() || !may_all || names_all || says("open_to", "all_apps"),
            "{client_id}"
        );
    }
}

/// Where events go is a public https address, and what is wanted are events that there are, each once.
pub fn webhook(input: &[u8]) {
    for stated in [
        WantedWebhook::parse_new(input, LoopbackFetches::Refused),
        WantedWebhook::parse(input, LoopbackFetches::Refused),
    ] {
        let Ok(stated) = stated else { continue };
        if let Some(url) = &stated.url {
            assert_eq!(url.url().scheme(), "https");
            assert!(matches!(url.url().host(), Some(Host::Domain(name)) if host::is_name(name)));
            assert!(url.url().username().is_empty() && url.url().password().is_none());
        }
        let events = stated.events.clone().flatten();
        if let Some(events) = &events {
            assert!(!events.is_empty());
            assert!(events.iter().all(|name| Event::parse(name).is_some()), "{events:?}");
            assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len());
        }
        assert!(stated.format != Format::Set || events.is_some());
        assert!(stated.client_id.is_none() || stated.format == Format::Set);
    }
}

/// Each of many calls changes something below the admin API, and none is made of many calls.
pub fn bulk(input: &[u8]) {
    let Ok(bulk) = Bulk::parse(input) else { return };
    assert!((1..=50).contains(&bulk.operations.len()));
    for operation in bulk.operations {
        assert!(operation.method != Method::Get && operation.path.starts_with("/admin/api/"));
        assert!(operation.path.bytes().all(|byte| byte.is_ascii_graphic()) && !operation.path.contains(['?', '#']));
        let (path, query) = crate::routes::path_and_query(&operation.path);
        assert_eq!((path, query), (operation.path.as_str(), ""));
        let body = operation.body.unwrap_or_else(|| "{}".to_owned());
        assert!(serde_json::from_str::<Value>(&body).is_ok());
        let inner = format!(r#"{{"operations": [{{"method": "POST", "path": "{path}", "body": {body}}}]}}"#);
        assert!(path != "/admin/api/bulk" || Bulk::parse(inner.as_bytes()).is_err());
    }
}

/// Which page of a list is wanted. A page ends within it, and what the next one comes after is read as it is written.
pub fn list(input: &[u8]) {
    let Some(params) = text(input).and_then(|text| Params::parse(text).ok()) else {
        return;
    };
    let after = |cursor: &str| {
        let others = params.iter().filter(|(name, _)| *name != "after");
        let others = others.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Params::of_pairs(others.chain([("after".to_owned(), cursor.to_owned())])).ok()
    };
    if let Ok(page) = Page::parse(&params, &[]) {
        assert!((1..=200).contains(&page.limit));
    }
    if let Ok((filter, _)) = PeopleFilter::parse(&params)
        && let Some(place) = &filter.after
    {
        let again = after(&place.to_text());
        let again = again.as_ref().and_then(|params| PeopleFilter::parse(params).ok());
        assert_eq!(again.and_then(|(filter, _)| filter.after).as_ref(), Some(place));
    }
    if let Ok((filter, _)) = AuditFilter::parse(&params) {
        assert!(filter.before.is_none_or(|id| id >= 0));
        assert_eq!(filter.event.map(Event::as_str), params.single("event").ok().flatten());
    }
    if let Ok((filter, _)) = ClientFilter::parse(&params) {
        assert!(
            filter
                .search
                .is_none_or(|search| !search.contains(|c: char| c.is_ascii_uppercase()))
        );
    }
    if let Ok((place, limit)) = ExportPlace::parse(&params) {
        assert!((1..=200).contains(&limit));
        let key = params.text("after").to_owned();
        let nexts: [Option<String>; 2] = [
            place.next(None),
            place.next(Some(key.as_str())).filter(|next| next.len() <= 2_000),
        ];
        for next in nexts.into_iter().flatten() {
            let Some(params) = after(&next) else { continue };
            match ExportPlace::parse(&params) {
                Ok((ExportPlace::Behind(part, key), _)) => assert_eq!(format!("{}:{key}", part.as_str()), next),
                other => unreachable!("{other:?} of {next}"),
            }
        }
    }
}

/// Claims of an app's own take no place of those that Limen tells, and no text that they make is longer than it may be.
pub fn own_claims(input: &[u8]) {
    let Some(claims) = serde_json::from_slice(input)
        .ok()
        .and_then(|value| OwnClaim::parse_all(&value))
    else {
        return;
    };
    assert!(claims.len() <= 20);
    let limens = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "acr",
        "amr",
        "azp",
        "auth_time",
        "sid",
        "scope",
        "client_id",
        "act",
        "cnf",
        "email",
        "email_verified",
        "name",
        "at_hash",
        "c_hash",
        "s_hash",
    ];
    let told = || {
        limens
            .map(|name| (name.to_owned(), json!("Limen's")))
            .into_iter()
            .collect::<Map<_, _>>()
    };
    let values = json!({ "department": "x".repeat(500), "badge": 7, "teams": ["a", "b"], "username": "ada" });
    let values = values.as_object().cloned().unwrap_or_default();
    for place in [Place::IdToken, Place::Userinfo, Place::AccessToken] {
        let mut all = told();
        for claim in &claims {
            if let Some(value) = claim.value_at(place, &values) {
                assert!(!value.is_null() && value.to_string().len() <= 8_192 * 2);
                claim.place(value, &mut all);
            }
        }
        for name in limens {
            assert_eq!(all.get(name), Some(&json!("Limen's")), "{name}");
        }
        // Told twice, it says the same.
        let mut again = all.clone();
        for claim in &claims {
            if let Some(value) = claim.value_at(place, &values) {
                claim.place(value, &mut again);
            }
        }
        assert_eq!(again, all);
    }
}
