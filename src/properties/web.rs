//! What is neither protocol nor people: addresses, headers, paths.

use serde_json::Value;
use url::{Host, Url};

use super::{text, two_texts};
use crate::{
    cookie, network, routes,
    web::{
        distinguished_name::DistinguishedName,
        fetch_url::{FetchUrl, LoopbackFetches},
        freshness, host, json, language_tag,
    },
};

/// What Limen fetches for a stranger is an https URL of a public name, written as it is understood.
pub fn fetch_url(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(fetched) = FetchUrl::parse(text, LoopbackFetches::Refused) else {
        return;
    };
    let url = fetched.url();
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    match url.host() {
        Some(Host::Domain(name)) => assert!(host::is_name(name) && name != "localhost", "{name}"),
        other => unreachable!("{other:?} is no name"),
    }
    assert!(host::has_plain_authority(text));
    assert_eq!(Url::parse(fetched.as_str()).as_ref(), Ok(url), "written and read");
}

/// What is read strictly says the same to every other parser, and survives being written.
pub fn json(input: &[u8]) {
    let Some(value) = json::parse::<Value>(input) else {
        return;
    };
    assert_eq!(serde_json::from_slice::<Value>(input).ok().as_ref(), Some(&value));
    assert_eq!(json::parse::<Value>(value.to_string()), Some(value));
}

/// Nothing is kept longer than the longest time, nor for less than none.
pub fn freshness(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Some(age) = freshness::max_age(text) {
        assert!(age.seconds() >= 0 && age <= freshness::LONGEST);
    }
}

/// A name is the same as itself, in every reading.
pub fn distinguished_name(input: &[u8]) {
    let Some((one, other)) = two_texts(input) else { return };
    let (one, again, other) = (
        DistinguishedName::parse(one),
        DistinguishedName::parse(one),
        DistinguishedName::parse(other),
    );
    assert_eq!(one, again);
    if one == other {
        assert_eq!(other, one);
    }
}

/// A language tag has letters, digits and hyphens alone, and what is chosen was offered.
pub fn language_tag(input: &[u8]) {
    let Some((locale, offered)) = two_texts(input) else {
        return;
    };
    if language_tag::is_language_tag(locale) {
        assert!(locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
    let mut offered = offered.split(' ');
    if let Some(chosen) = language_tag::lookup(locale, offered.clone()) {
        assert!(offered.any(|tag| tag == chosen));
    }
}

/// The value of a cookie ends at the semicolon, and stands in the header with its name.
pub fn cookie(input: &[u8]) {
    let Some((name, header)) = two_texts(input) else { return };
    if let Some(value) = cookie::find(header, name) {
        assert!(!value.contains(';') && header.contains(value) && header.contains(name));
    }
}

/// Who is counted together is counted by one text, and what is written down names no single host.
pub fn network(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let counted = network::counted(text);
    if counted != "unknown" {
        assert_eq!(network::counted(&counted), counted);
    }
    if let Some(written) = network::written(text) {
        assert!(written.ends_with("/24") || written.ends_with("/48"), "{written}");
    }
}

/// A path finds at most one route, whatever its segments are, and a URL falls into path and query without a rest.
pub fn route(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let (path, query) = routes::path_and_query(text);
    assert!(path.starts_with('/') && !path.contains(['?', '#']) && !query.contains('#'));
    if let Some((route, segments)) = routes::find(path) {
        assert_eq!(segments.len(), route.path.matches('{').count());
        assert!(segments.iter().all(|segment| !segment.is_empty()));
    }
}
