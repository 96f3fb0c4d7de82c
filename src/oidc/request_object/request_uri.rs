//! `request_uri`: where a request object is (OIDC Core section 6.2, RFC 9101 section 5.2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    oidc::{
        client::Client,
        error::{ErrorCode, OAuthError},
    },
    web::fetch_url::FetchUrl,
    web::fetch_url::LoopbackFetches,
};

/// The most bytes of what is there.
pub const LONGEST: usize = 32 * 1_024;

/// An address that the client registered for its request objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestUri {
    /// The address.
    pub url: FetchUrl,
    /// "the base64url-encoded SHA-256 hash of the contents of the resource referenced by the URI".
    pub sha_256: Option<[u8; 32]>,
}

impl RequestUri {
    /// Reads the `request_uri` of `client`. Only what it registered is fetched; the fragment may be another, since it changes
    /// with the content: "the fragment portion of the URI ... signals to the server that the contents ... have changed".
    ///
    /// # Errors
    /// `invalid_request_uri`.
    pub fn parse(text: &str, client: &Client, loopback: LoopbackFetches) -> Result<Self, OAuthError> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let is_address = |registered: &String| registered.split('#').next() == Some(address);
        if !client.metadata.request_uris.iter().any(is_address) {
            return Err(refused("the client did not register this request_uri"));
        }
        let url = FetchUrl::parse(address, loopback).map_err(|_| refused("request_uri is not one that is fetched"))?;
        let decoded = URL_SAFE_NO_PAD.decode(fragment).ok();
        Ok(Self {
            url,
            sha_256: decoded.and_then(|digest| digest.try_into().ok()),
        })
    }

    /// Whether `content` is what the fragment promises, if it promises anything.
    pub fn promises(&self, content: &[u8]) -> bool {
        self.sha_256
            .is_none_or(|digest| <[u8; 32]>::from(Sha256::digest(content)) == digest)
    }
}

/// `invalid_request_uri`.
pub fn refused(why: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestUri, why)
}
