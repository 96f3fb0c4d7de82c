//! Texts and URLs in client metadata: what each may hold. All that is wrong is told to the developer of the client.

use std::net::IpAddr;

use url::Url;

use crate::{
    readable::{is_readable, is_unprintable},
    web::fetch_url::LoopbackFetches,
    web::{
        distinguished_name::DistinguishedName,
        fetch_url::{FetchUrl, absolute},
    },
};

/// A value, or what is wrong with it.
pub(super) type Parsed<T> = Result<T, &'static str>;

/// The most characters that a text for people may have.
const LONGEST_TEXT: usize = 200;

/// The most bytes that a certificate's name may have.
const LONGEST_NAME: usize = 2_000;

/// A text that may be shown.
pub(super) fn plain(text: &str) -> Parsed<String> {
    if !is_readable(text) || text.chars().count() > LONGEST_TEXT || text.contains(is_unprintable) {
        return Err("must have 1 to 200 characters, some of which can be seen, and no control characters");
    }
    Ok(text.to_owned())
}

/// The id of a client.
pub(super) fn client_id(text: &str) -> Parsed<String> {
    match text.len() <= LONGEST_NAME && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("must be a client_id"),
    }
}

/// What a certificate names.
pub(super) fn certificate_name(text: &str) -> Parsed<String> {
    if text.len() > LONGEST_NAME || text.contains(is_unprintable) {
        return Err("must have at most 2000 bytes and no control characters");
    }
    Ok(text.to_owned())
}

/// The subject of a certificate (RFC 4514).
pub(super) fn distinguished_name(text: &str) -> Parsed<String> {
    certificate_name(text)?;
    DistinguishedName::parse(text)
        .map(|_| text.to_owned())
        .ok_or("must be a distinguished name as in RFC 4514")
}

/// An IP address that a certificate names.
pub(super) fn ip_address(text: &str) -> Parsed<String> {
    text.parse::<IpAddr>()
        .map(|_| text.to_owned())
        .map_err(|_| "must be an IP address")
}

/// An origin as browsers write it (HTML standard section 7.1.1).
pub(super) fn origin(text: &str) -> Parsed<String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    match url.is_some_and(|url| url.origin().ascii_serialization() == text) {
        true => Ok(text.to_owned()),
        false => Err("must be an origin such as https://app.acme.org, without a path"),
    }
}

/// A page that people are shown and may follow.
pub(super) fn page(text: &str) -> Parsed<String> {
    match absolute(text)?.scheme() {
        "http" | "https" => Ok(text.to_owned()),
        _ => Err("must be an http or https URL"),
    }
}

/// An address to which people are sent.
pub(super) fn https(text: &str) -> Parsed<String> {
    let url = absolute(text)?;
    if url.scheme() != "https" {
        return Err("must be an https URL");
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment");
    }
    Ok(text.to_owned())
}

/// An address that Limen calls.
pub(super) fn fetched(text: &str, loopback: LoopbackFetches) -> Parsed<String> {
    FetchUrl::parse(text, loopback).map(|url| url.as_str().to_owned())
}

/// The address of a request object. Its fragment may be a hash of the content (OIDC Core section 6.2).
pub(super) fn request_uri(text: &str, loopback: LoopbackFetches) -> Parsed<String> {
    FetchUrl::parse_with_fragment(text, loopback).map(|url| url.as_str().to_owned())
}
