//! Requests, registrations and tokens as OAuth and OpenID Connect have them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{config, config_with, text, two_texts};
use crate::{
    config::{Config, PrivateHttp},
    oidc::{
        authorization_details::{AUTHORIZATION_DETAILS, AuthorizationDetails},
        authorize::{ASKED, AuthRequest},
        ciba::{self, Asking, Hint},
        claims_request::ClaimsRequest,
        client::{
            Client,
            client_auth::ClientCredentials,
            client_id_document::ClientIdUrl,
            client_metadata::{ClientMetadata, Supported},
            redirect_uri::{ApplicationType, RedirectUri},
            registration,
            self_service::RegisteredBy,
            terms::Terms,
        },
        device::UserCode,
        error::OAuthError,
        interaction::{Choice, Interaction, Opened},
        logout::{LogoutRequest, PostLogoutRedirect},
        params::Params,
        request_object::RequestObject,
        resource_indicator::Targets,
        return_address::{Delivery, ReturnAddress},
        scope::Scope,
        token::refresh_grant::RefreshToken,
        webfinger,
    },
    pages::CspSource,
    secret::Purpose,
    time::UnixTime,
};

const CALLBACK: &str = "https://app.acme.test/cb";

/// A client that may do most things.
fn client(config: &Config) -> Client {
    let json = serde_json::json!({
        "redirect_uris": [CALLBACK, "https://app.acme.test/cb?tenant=1"],
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": ["code", "id_token", "code id_token"],
        "scope": "openid profile email offline_access",
    });
    match ClientMetadata::parse(&json, &Supported::of(config)) {
        Ok(metadata) => Client {
            client_id: "app".to_owned(),
            version: 1,
            issued_at: UnixTime(0),
            metadata,
            document_fresh_until: None,
        },
        Err(error) => unreachable!("{error:?}"),
    }
}

/// A user code that is read is read from what is shown of it, too.
pub fn user_code(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Some(code) = UserCode::parse(text) else { return };
    let shown = code.shown();
    assert_eq!(shown.len(), 9);
    assert_eq!(UserCode::parse(&shown).map(|again| again.shown()), Some(shown));
}

/// What an app asks a person has one hint, a short plain message and an end within an hour, and is read again as it was written.
pub fn backchannel_request(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(sent) = Params::parse(text) else { return };
    if Hint::of(&sent).is_ok() {
        assert_ne!(
            sent.text("login_hint").is_empty(),
            sent.text("id_token_hint").is_empty()
        );
    }
    if let Ok(lifetime) = ciba::lifetime(&sent) {
        assert!((1..=3_600).contains(&lifetime.seconds()));
    }
    let Ok(asking) = Asking::new(&sent, false, String::new(), UnixTime(7)) else {
        return;
    };
    let message = &asking.binding_message;
    assert!(message.chars().count() <= 100 && !message.chars().any(char::is_control));
    if let Ok(request) = ciba::request_of(&sent, "c", "ada", &asking) {
        assert_eq!(Asking::of(&request), asking);
        assert_eq!(request.text(ASKED), "ada");
    }
}

/// What is written is read as the same parameters, in the same order.
pub fn params(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(params) = Params::parse(text) else { return };
    assert_eq!(Params::parse(&params.to_query()).as_ref().ok(), Some(&params));
}

/// A scope has the characters of RFC 6749 section 3.3, each token once, and nothing is made of nothing.
pub fn scope(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(scope) = Scope::parse(text) else { return };
    let in_grammar = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    assert!(
        scope
            .iter()
            .all(|token| !token.is_empty() && token.bytes().all(in_grammar))
    );
    let written = scope.iter().collect::<Vec<_>>().join(" ");
    if !scope.is_empty() {
        assert_eq!(Scope::parse(&written).ok().as_ref(), Some(&scope));
    }
    assert!(scope.is_subset(&scope) && scope.difference(&scope).is_empty());
}

/// Only a registered address gets an answer, whatever is asked for, and a request that is taken is taken again.
pub fn authorization_request(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(params) = Params::parse(text) else { return };
    let config = config();
    let client = client(&config);
    if let Ok(address) = ReturnAddress::resolve(&params, &client) {
        let uri = address.redirect_uri();
        let registered = &client.metadata.redirect_uris;
        assert!(registered.iter().any(|known| known.as_str() == uri), "{uri}");
        let error = OAuthError::invalid_request("a property");
        if let Delivery::Redirect(location) = address.deliver_error(&config.issuer, &error) {
            assert!(location.starts_with(uri), "{location}");
            assert!(location.bytes().all(|byte| (b'!'..=b'~').contains(&byte)), "{location}");
        }
    }
    if let Ok(request) = AuthRequest::parse(&params, &client, &config) {
        let again = Params::parse(&params.to_query()).and_then(|params| AuthRequest::parse(&params, &client, &config));
        assert_eq!(again.ok().map(|request| request.scope), Some(request.scope));
    }
}

/// What is stored of `claims` is read as the same, and is not longer than it may be.
pub fn claims_request(input: &[u8]) {
    let Some((locales, claims)) = two_texts(input) else {
        return;
    };
    let pairs = [("claims_locales", locales), ("claims", claims)];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let Ok(params) = Params::of_pairs(pairs) else { return };
    let Ok(request) = ClaimsRequest::parse(&params) else {
        return;
    };
    let stored = serde_json::to_string(&request).unwrap_or_default();
    assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).ok(), Some(request));
}

/// A redirect URI is registered as it was written, is no script, and leads elsewhere than to Limen.
pub fn redirect_uri(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for application in [ApplicationType::Web, ApplicationType::Native] {
        let Ok(uri) = RedirectUri::register(text, application, PrivateHttp::Refused) else {
            continue;
        };
        assert_eq!(uri.as_str(), text);
        assert!(uri.matches(text, application));
        assert!(
            text.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) && !text.contains('#'),
            "{text}"
        );
        let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        assert!(!["javascript", "data", "vbscript", "blob", "file", "about"].contains(&scheme.as_str()));
        if scheme == "https" {
            assert!(
                text.get(..8)
                    .is_some_and(|start| start.eq_ignore_ascii_case("https://")),
                "{text}"
            );
        }
        assert!(application == ApplicationType::Native || scheme == "https", "{text}");
        // What a page must name for it can be named.
        assert!(CspSource::for_redirect_uri(text).is_some(), "{text}");
    }
}

/// What is stored of a client is read as the same client, and nobody registers scopes that only the operator gives.
pub fn registration(input: &[u8]) {
    let config = config();
    for by in [RegisteredBy::Operator, RegisteredBy::Anybody] {
        let terms = Terms::of(&config, by, None);
        let Ok(metadata) = registration::parse(input, &terms) else {
            continue;
        };
        let stored = Value::Object(metadata.to_json());
        match serde_json::from_value::<ClientMetadata>(stored.clone()) {
            Ok(again) => assert_eq!(Value::Object(again.to_json()), stored),
            Err(error) => unreachable!("{error:?} for {stored}"),
        }
        if by == RegisteredBy::Anybody {
            let wide = metadata
                .scope
                .filter(|scope| !scope.is_subset(&Scope::of_anybody(&config)));
            assert_eq!(wide, None);
        }
    }
}

/// What a patch makes can be patched again, and a patch of nothing changes nothing of it.
pub fn merge_patch(input: &[u8]) {
    let config = config();
    let terms = Terms::of(&config, RegisteredBy::Operator, None);
    let before = client(&config).metadata;
    let Ok(patched) = registration::merge_patch(&before, input, &terms) else {
        return;
    };
    let again = registration::merge_patch(&patched, b"{}", &terms);
    assert_eq!(again.ok().map(|again| again.to_json()), Some(patched.to_json()));
}

/// The first line is the `client_id`. What may be fetched is that very text, and what is read is a client of its own.
pub fn client_id_document(input: &[u8]) {
    let Some((client_id, document)) = two_texts(input) else {
        return;
    };
    let config = config();
    let Ok(url) = ClientIdUrl::parse(client_id, &config) else {
        return;
    };
    assert_eq!(url.as_str(), client_id);
    assert!(client_id.starts_with("https://") && !client_id.contains('#'));
    if let Ok(metadata) = url.read(document.as_bytes(), "application/json", &config) {
        assert!(document.contains("client_id"));
        assert!(!metadata.token_endpoint_auth_method.uses_secret(), "{document}");
    }
}

/// The first line is the header `Authorization`. Whoever is found is named by one method alone.
pub fn client_credentials(input: &[u8]) {
    let Some((header, body)) = two_texts(input) else { return };
    let Ok(params) = Params::parse(body) else { return };
    let header = Some(header).filter(|header| !header.is_empty());
    if let Ok(credentials) = ClientCredentials::parse(header, &params) {
        assert!(!credentials.client_id.is_empty());
        if let Ok(Some(named)) = params.single("client_id") {
            assert_eq!(named, credentials.client_id);
        }
    }
}

/// Only what the deployment knows is a target.
pub fn resource_indicator(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let config = config();
    let pair = ("resource".to_owned(), text.to_owned());
    let Ok(params) = Params::of_pairs([pair]) else { return };
    if let Ok(targets) = Targets::parse(&params, &config) {
        let known = crate::oidc::resource_indicator::known(&config);
        assert!(targets.is_subset(&known), "{text}");
    }
}

/// What waits for the person opens as it was sealed, in its browser alone, and no other text opens.
pub fn interaction(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let config = config();
    let key = config.roots.current(Purpose::Csrf);
    let now = UnixTime(1_800_000_000);
    assert_eq!(Interaction::open(text, &key, "browser", now), None);
    let interaction = Interaction {
        query: text.to_owned(),
        since: now,
        session_before: None,
        choice: Choice::Open,
        pushed: None,
        declined: false,
    };
    if let Ok(sealed) = interaction.seal(&key, "browser") {
        assert_eq!(
            Interaction::open(&sealed, &key, "browser", now),
            Some(Opened::Waiting(interaction))
        );
        assert_eq!(Interaction::open(&sealed, &key, "another", now), None);
    }
}

/// A refresh token is read as it was made, and no stranger makes one.
pub fn refresh_token(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let config = config();
    assert_eq!(RefreshToken::parse(text, &config.roots), None);
    if text.contains('.') {
        return;
    }
    let token = RefreshToken {
        family_id: text.to_owned(),
        generation: i64::try_from(input.len()).unwrap_or_default(),
    };
    let rendered = token.render(&config.roots);
    assert_eq!(RefreshToken::parse(&rendered, &config.roots).as_ref(), Some(&token));
    assert_eq!(RefreshToken::parse(&format!("{rendered}A"), &config.roots), None);
}

/// Lines of `NAME=value`. A configuration is taken, or each problem is said; what is taken is safe to write into headers.
pub fn configuration(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let values: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    match Config::parse(|name| values.get(name).map(|value| (*value).to_owned())) {
        Ok(config) => assert!(
            config
                .issuer
                .as_str()
                .bytes()
                .all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'"'),
            "{:?}",
            config.issuer
        ),
        Err(problem) => assert!(problem.to_string().contains("\n- ")),
    }
}

/// The first line is the schema of a type, the rest a detail of it. What people are shown of one is all of it, and each line is told from the
/// others; nobody adds a member to what a schema says.
pub fn authorization_details(input: &[u8]) {
    let Some((schema, detail)) = two_texts(input) else {
        return;
    };
    let types = format!(r#"{{"t": {{"title": "T", "schema": {schema}}}}}"#);
    let Ok(types) = config_with(&[("AUTHORIZATION_DETAILS_TYPES", &types)]).map(|config| config.detail_types) else {
        return;
    };
    let read = |detail: &str| {
        let pair = (AUTHORIZATION_DETAILS.to_owned(), format!("[{detail}]"));
        AuthorizationDetails::parse(&Params::of_pairs([pair])?, &types)
    };
    let Ok(details) = read(detail) else { return };
    let stored = serde_json::to_string(&details).unwrap_or_default();
    assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(&details));
    let (new, already) = details.split(&details);
    assert!(new.is_empty() && already == details);
    for value in details.values() {
        assert_eq!(value["type"], "t");
        let text = value.to_string();
        let again = read(&text);
        assert_eq!(
            again.as_ref().map(AuthorizationDetails::digest).ok(),
            read(&text).map(|one| one.digest()).ok()
        );
        assert!(again.is_ok_and(|again| again.is_subset(&details)));
        let with_more = format!(r#"{{"zz": 1, {}"#, text.get(1..).unwrap_or_default());
        assert!(schema.contains("zz") || read(&with_more).is_err(), "{with_more}");
    }
    for language in ["", "de"] {
        for shown in details.in_words(&types, language) {
            let names: BTreeMap<_, _> = shown.lines.iter().map(|line| (&line.name, ())).collect();
            assert_eq!(names.len(), shown.lines.len(), "{:?}", shown.lines);
        }
    }
}

/// The first line has parameters, the rest the claims of a request object that nobody signed. What the object says counts, once, and it is
/// about the client that sends it.
pub fn request_object(input: &[u8]) {
    let Some((outside, claims)) = two_texts(input) else {
        return;
    };
    let Ok(params) = Params::parse(outside) else { return };
    let config = config();
    let client = client(&config);
    // The client was found by its id.
    if !["", client.client_id.as_str()].contains(&params.text("client_id")) {
        return;
    }
    let Ok(RequestObject::InsecureUnsigned(claims)) = RequestObject::parse_decrypted(claims, &client) else {
        return;
    };
    let now = UnixTime(1_800_000_000);
    let Ok(merged) = claims.merge(&params, &client, &config.issuer, now) else {
        return;
    };
    let said: Value = serde_json::from_str(two_texts(input).map_or("", |(_, claims)| claims)).unwrap_or_default();
    for name in ["request", "request_uri"] {
        assert_eq!(merged.all(name).count(), 0, "an object in an object");
    }
    for name in ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"] {
        assert!(
            merged.all(name).all(|value| params.all(name).any(|sent| sent == value)),
            "{name}"
        );
    }
    for name in ["state", "scope", "redirect_uri", "nonce", "response_type"] {
        if let Some(text) = said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) {
            assert!(merged.all(name).eq([text]), "{name}");
        }
    }
    for name in ["client_id", "response_type"] {
        let words = |params: &Params| params.text(name).split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (mut sent, mut merged) = (words(&params), words(&merged));
        sent.sort_unstable();
        merged.sort_unstable();
        assert!(params.text(name).is_empty() || merged == sent, "{name}");
    }
    assert!(said["iss"].is_null() || said["iss"] == "app");
    assert!(said["exp"].as_f64().is_none_or(|exp| exp > 1_799_999_900.0));
}

/// Nobody is led to an address that was not registered, and `state` comes back as it was sent. WebFinger tells everybody the same.
pub fn sign_out(input: &[u8]) {
    let Some(params) = text(input).and_then(|text| Params::parse(text).ok()) else {
        return;
    };
    let config = config();
    let mut client = client(&config);
    client.metadata.post_logout_redirect_uris = client.metadata.redirect_uris.clone();
    if let Ok(request) = LogoutRequest::parse(&params) {
        let named = request.client_id();
        assert!(params.text("client_id").is_empty() || named.is_err() || named == Ok(Some(params.text("client_id"))));
        if let Ok(Some(redirect)) = PostLogoutRedirect::resolve(&request, Some(&client)) {
            let url = redirect.url();
            assert!(
                client
                    .metadata
                    .redirect_uris
                    .iter()
                    .any(|uri| uri.as_str() == redirect.uri())
            );
            assert!(url.starts_with(redirect.uri()) && url.bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let state = Params::parse(query).map(|back| back.text("state").to_owned());
            assert_eq!(state.ok().as_deref(), Some(redirect.state().unwrap_or_default()));
        }
        assert_eq!(PostLogoutRedirect::resolve(&request, None).ok().flatten(), None);
    }
    if let Ok(Some(found)) = webfinger::descriptor(&params, &config) {
        assert_eq!(found["subject"], params.text("resource"));
        assert!(
            found["links"]
                .as_array()
                .is_some_and(|links| links.iter().all(|link| link["href"] == config.issuer.as_str()))
        );
        let resource = params.text("resource");
        let domain = resource.rsplit_once('@').map_or("", |(_, domain)| domain);
        assert!(
            resource.starts_with("acct:")
                && config
                    .webfinger_domains
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(domain))
        );
    }
}
