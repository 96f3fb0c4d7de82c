//! Random secrets for local development and for a first deployment.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::failure::{Context, Result};

/// `bytes` random bytes, base64url without padding.
pub fn secret(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).context(|| "The system gave no random bytes".into())?;
    Ok(URL_SAFE_NO_PAD.encode(buffer))
}
