//! Who may use a token, beside whoever has it: the holder of a key (DPoP, RFC 9449) or of a TLS certificate (RFC 8705).

use serde::{Deserialize, Serialize};

use super::client::{Client, client_certificate::ClientCertificate};
use crate::oidc::dpop::KeyProof;

/// What a code, a token or a family of them is bound to. It serialises as the `cnf` claim (RFC 7800 section 3.1), in rows as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binding {
    /// `jkt` (RFC 9449 section 6.1): the thumbprint of the key that DPoP proofs are signed with.
    #[serde(rename = "jkt")]
    Key(String),
    /// `x5t#S256` (RFC 8705 section 3.1): the digest of a certificate.
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

impl Binding {
    /// What the tokens of `client` are bound to, given what it has shown: the key of a proof, or else the certificate where it
    /// registered for that.
    pub fn of(client: &Client, proof: Option<&KeyProof>, certificate: Option<&ClientCertificate>) -> Option<Self> {
        let bound = client.metadata.tls_client_certificate_bound_access_tokens;
        match proof {
            Some(proof) => Some(Self::Key(proof.jkt.clone())),
            None => certificate.filter(|_| bound).map(Self::from),
        }
    }

    /// `token_type` of an access token that is bound like that: "DPoP" where a proof has to come along (RFC 9449 section 5).
    pub fn token_type(binding: Option<&Self>) -> &'static str {
        match binding {
            Some(Self::Key(_)) => "DPoP",
            Some(Self::Certificate(_)) | None => "Bearer",
        }
    }
}

impl From<&ClientCertificate> for Binding {
    fn from(certificate: &ClientCertificate) -> Self {
        Self::Certificate(certificate.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 9449 section 6.1, RFC 8705 section 3.1.
    #[test]
    fn a_binding_is_written_as_cnf() {
        let key = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" });
        let certificate = json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" });
        for (cnf, token_type) in [(key, "DPoP"), (certificate, "Bearer")] {
            let binding: Binding = serde_json::from_value(cnf.clone()).unwrap();
            assert_eq!(serde_json::to_value(&binding).unwrap(), cnf);
            assert_eq!(Binding::token_type(Some(&binding)), token_type);
        }
        assert_eq!(Binding::token_type(None), "Bearer");
    }

    #[test]
    fn nothing_is_taken_for_a_binding_that_says_two_things_or_none() {
        for cnf in [
            json!({}),
            json!({"jkt": "a", "x5t#S256": "b"}),
            json!({"kid": "a"}),
            json!(null),
        ] {
            assert!(serde_json::from_value::<Binding>(cnf.clone()).is_err(), "{cnf}");
        }
    }
}
