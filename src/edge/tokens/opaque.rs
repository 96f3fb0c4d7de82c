//! Access tokens that nobody but Limen can read: JWTs as all others are, sealed. No row is needed for one, and what ends a JWT ends it: its
//! family, a revocation, its signing key.

use std::borrow::Cow;

use crate::{
    edge::{keys::crypto::SealingKey, platform::context::Context},
    fault::Fault,
    oidc::{error::OAuthError, params::Params},
    secret::{KekVersion, Purpose},
};

/// What one begins with, before the version of the root key and what is sealed.
const PREFIX: &str = "limen_at_";

/// The longest that is opened.
const LONGEST: usize = 65_536;

/// What sealed text is bound to.
const CONTEXT: &str = "access token";

/// Seals a JWT.
///
/// # Errors
/// A fault of the platform.
pub async fn seal(jwt: &str, context: &Context) -> Result<String, Fault> {
    let version = context.config.roots.current_version();
    let key = context.config.roots.current(Purpose::SealAccessToken);
    let sealed = SealingKey::import(&key).await?.seal(jwt, CONTEXT).await?;
    Ok(format!("{PREFIX}{version}_{sealed}"))
}

/// The JWT in a token that [`seal`] made. Any other text as it is: whoever reads it says what is wrong with it.
pub async fn open<'a>(text: &'a str, context: &Context) -> Cow<'a, str> {
    match open_sealed(text, context).await {
        Some(jwt) => Cow::Owned(jwt),
        None => Cow::Borrowed(text),
    }
}

/// Parameters with the JWTs in place of the sealed tokens of these names.
///
/// # Errors
/// As [`Params::of_pairs`].
pub async fn open_in<'a>(params: &'a Params, names: &[&str], context: &Context) -> Result<Cow<'a, Params>, OAuthError> {
    let is_sealed = |(name, text): &(&str, &str)| names.contains(name) && text.starts_with(PREFIX);
    if !params.iter().any(|pair| is_sealed(&pair)) {
        return Ok(Cow::Borrowed(params));
    }
    let mut opened = Vec::new();
    for (name, text) in params.iter() {
        let text = match is_sealed(&(name, text)) {
            true => open(text, context).await,
            false => Cow::Borrowed(text),
        };
        opened.push((name.to_owned(), text.into_owned()));
    }
    Params::of_pairs(opened).map(Cow::Owned)
}

async fn open_sealed(text: &str, context: &Context) -> Option<String> {
    let (version, sealed) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let number: KekVersion = version.parse().ok()?;
    let is_it = number.to_string() == version && text.len() <= LONGEST;
    let key = context.config.roots.derive(number, Purpose::SealAccessToken);
    let key = SealingKey::import(&key.filter(|_| is_it)?).await.ok()?;
    key.open(sealed, CONTEXT).await.ok()
}
