//! Requests, registrations and tokens as OAuth and OpenID Connect have them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{config, text, two_texts};
use crate::{
    config::{Config, PrivateHttp},
    oidc::{
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
        params::Params,
        resource_indicator::Targets,
        return_address::{Delivery, ReturnAddress},
        scope::Scope,
        token::refresh_grant::RefreshToken,
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
