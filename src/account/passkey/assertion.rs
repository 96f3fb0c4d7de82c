//! A sign-in with a passkey (WebAuthn Level 3 section 7.2).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Credential, Passkey, Refused, RelyingParty, State, TIMEOUT,
    authenticator_data::AuthenticatorData,
    client_data::{Ceremony, ClientData},
    row_id,
};

/// What a browser is asked, as `PublicKeyCredentialRequestOptionsJSON` (section 5.1.10): any passkey of the site, so that nobody has
/// to say first who they are, and no page tells whose passkeys there are.
pub fn sign_in_options(challenge: &str, site: &RelyingParty<'_>) -> Value {
    json!({
        "challenge": challenge,
        "rpId": site.id,
        "allowCredentials": [],
        "userVerification": "required",
        "timeout": TIMEOUT,
    })
}

/// An answer, read but for what the passkey itself has to say to it.
#[derive(Debug)]
pub struct Answer {
    /// The key of the row that the passkey has, if it is known.
    pub row_id: String,
    user_handle: Option<Vec<u8>>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

/// An answer of which all but the signature holds.
#[derive(Debug)]
pub struct Checked {
    /// The challenge that was answered, still to be opened.
    pub challenge: String,
    /// What is signed.
    pub signed: Vec<u8>,
    /// The signature, as WebCrypto takes it.
    pub signature: Vec<u8>,
    /// How the passkey is now.
    pub state: State,
}

impl Answer {
    /// Reads an `AuthenticationResponseJSON` (section 5.1.8).
    ///
    /// # Errors
    /// Says what is missing.
    pub fn parse(answer: &str) -> Result<Self, Refused> {
        let credential = Credential::parse(answer)?;
        Ok(Self {
            row_id: row_id(&credential.id),
            user_handle: credential.bytes("userHandle"),
            client_data: credential.bytes("clientDataJSON").ok_or(Refused::NoClientData)?,
            authenticator_data: credential
                .bytes("authenticatorData")
                .ok_or(Refused::BadAuthenticatorData)?,
            signature: credential.bytes("signature").ok_or(Refused::BadSignature)?,
        })
    }

    /// Checks all but the signature and the challenge, for a passkey of `user_id` that was in `state` when it was last used.
    ///
    /// # Errors
    /// Says why it is not a sign-in of that person at `site`.
    pub fn check(
        self,
        passkey: &Passkey,
        user_id: &str,
        state: State,
        site: &RelyingParty<'_>,
    ) -> Result<Checked, Refused> {
        // "verify that response.userHandle is present": nobody was named before.
        if self.user_handle.as_deref() != Some(user_id.as_bytes()) {
            return Err(Refused::AnotherPerson);
        }
        let client_data = ClientData::parse(&self.client_data, Ceremony::SignIn, site)?;
        let data = AuthenticatorData::parse(&self.authenticator_data, site)?;
        if data.new.is_some() {
            return Err(Refused::BadAuthenticatorData);
        }
        if data.backup_eligible != passkey.backup_eligible {
            return Err(Refused::EligibilityChanged);
        }
        // "If authData.signCount is nonzero or credentialRecord.signCount is nonzero", it has to rise.
        let counts = data.state.counter != 0 || state.counter != 0;
        if counts && data.state.counter <= state.counter {
            return Err(Refused::CounterWentBack);
        }
        let signature = passkey.alg.signature(&self.signature).ok_or(Refused::BadSignature)?;
        let hash = Sha256::digest(&self.client_data);
        Ok(Checked {
            challenge: client_data.challenge().to_owned(),
            signed: [self.authenticator_data.as_slice(), &hash].concat(),
            signature,
            state: data.state,
        })
    }
}
