//! Secrets of webhooks, as the Standard Webhooks specification has them: "base64 encoded, prefixed with `whsec_`". They come from a
//! root key and are stored nowhere, so that whoever has the database alone cannot sign.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{KekVersion, Purpose, RootKeys};

/// What Limen and the receiver of a webhook share.
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// The secret of that `generation` under the root `version`. `None` where that root is not configured any more.
    pub fn derive(roots: &RootKeys, version: KekVersion, webhook_id: &str, generation: i64) -> Option<Self> {
        let key = roots.derive(version, Purpose::WebhookSecret)?;
        Some(Self(key.mac(&[webhook_id.as_bytes(), &generation.to_be_bytes()])))
    }

    /// The text for its owner.
    pub fn expose(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// An entry of `webhook-signature`: "The content to be signed is therefore: `msg_id.timestamp.payload`."
    pub fn sign(&self, message_id: &str, timestamp: i64, payload: &str) -> String {
        // HMAC takes keys of every length: the error case does not exist for 32 bytes.
        #[allow(clippy::expect_used)]
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC accepts any key length");
        for part in [message_id, ".", &timestamp.to_string(), ".", payload] {
            hmac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()))
    }

    /// A name for something that its receiver knows by nothing else: the same each time, and another for each receiver, so that two of
    /// them cannot find out by it that they were told of the same.
    pub fn pseudonym(&self, parts: &[&str]) -> String {
        // As above. What is signed does not begin with eight zeros.
        #[allow(clippy::expect_used)]
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC accepts any key length");
        hmac.update(&[0; 8]);
        for part in parts {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the specification's own libraries.
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut hmac = Hmac::<Sha256>::new_from_slice(&bytes).unwrap();
        hmac.update(b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(STANDARD.encode(hmac.finalize().into_bytes()), expected);

        let secret = WebhookSecret([7; 32]);
        let mut hmac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        hmac.update(b"evt_1.1614265330.{}");
        let expected = format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()));
        assert_eq!(secret.sign("evt_1", 1_614_265_330, "{}"), expected);
        assert_ne!(secret.sign("evt_1", 1_614_265_331, "{}"), expected);
    }

    #[test]
    fn a_pseudonym_is_of_one_webhook_and_of_all_its_parts() {
        let one = WebhookSecret([7; 32]);
        assert_eq!(one.pseudonym(&["a", "b"]), one.pseudonym(&["a", "b"]));
        assert_eq!(one.pseudonym(&["a", "b"]).len(), 43);
        assert_ne!(one.pseudonym(&["a", "b"]), one.pseudonym(&["ab", ""]));
        assert_ne!(
            one.pseudonym(&["a", "b"]),
            WebhookSecret([8; 32]).pseudonym(&["a", "b"])
        );
    }

    #[test]
    fn each_webhook_and_each_renewal_has_a_secret_of_its_own() {
        let roots = RootKeys::new(BTreeMap::from([(1, [1; 32]), (2, [2; 32])]), 2, String::new()).unwrap();
        let of = |version, id, generation| {
            WebhookSecret::derive(&roots, version, id, generation).map(|secret| secret.expose())
        };
        let one = of(1, "w", 1).unwrap();
        assert_eq!(of(1, "w", 1).as_ref(), Some(&one));
        for other in [of(2, "w", 1), of(1, "v", 1), of(1, "w", 2)] {
            assert_ne!(other.unwrap(), one);
        }
        assert_eq!(of(3, "w", 1), None);
        // Receivers take secrets of 24 to 64 bytes.
        let bytes = STANDARD.decode(one.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_eq!(format!("{:?}", WebhookSecret([7; 32])), "WebhookSecret(..)");
    }
}
