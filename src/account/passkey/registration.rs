//! A new passkey (WebAuthn Level 3 section 7.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use minicbor::Decoder;
use serde_json::{Value, json};

use super::{
    Credential, KeyAlg, Passkey, Refused, RelyingParty, State, TIMEOUT,
    authenticator_data::AuthenticatorData,
    client_data::{Ceremony, ClientData},
    cose_key, provider,
};

/// How a browser reaches an authenticator, as far as that is passed on (section 5.8.4).
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/// Whom a passkey is for.
pub struct Account<'a> {
    /// The user handle: what the authenticator gives back at a sign-in. It says nothing about the person.
    pub id: &'a str,
    /// The name to sign in with.
    pub username: &'a str,
    /// What to call them.
    pub display_name: &'a str,
}

/// What a browser is asked, as `PublicKeyCredentialCreationOptionsJSON` (section 5.1.9). `known` are the credential ids that the
/// person has: no authenticator makes a second passkey beside one of these.
pub fn creation_options(challenge: &str, account: &Account<'_>, known: &[&str], site: &RelyingParty<'_>) -> Value {
    let known: Vec<_> = known
        .iter()
        .map(|id| json!({ "type": "public-key", "id": id }))
        .collect();
    let algs = KeyAlg::ALL.map(|alg| json!({ "type": "public-key", "alg": alg.cose() }));
    json!({
        "challenge": challenge,
        "rp": { "id": site.id, "name": site.name.unwrap_or(site.id) },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(account.id),
            "name": account.username,
            "displayName": account.display_name,
        },
        "pubKeyCredParams": algs,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "none",
        "timeout": TIMEOUT,
    })
}

/// A new passkey, whose challenge is still to be opened.
#[derive(Debug)]
pub struct New {
    /// The challenge that was answered.
    pub challenge: String,
    /// The passkey.
    pub passkey: Passkey,
    /// How it begins.
    pub state: State,
    /// Whether nobody was asked for it: then it counts only for somebody who has none yet.
    pub silently: bool,
}

impl New {
    /// Reads and checks a `RegistrationResponseJSON` (section 5.1.8).
    ///
    /// # Errors
    /// Says why it is not a passkey for `site`.
    pub fn parse(answer: &str, site: &RelyingParty<'_>) -> Result<Self, Refused> {
        let credential = Credential::parse(answer)?;
        let client_data = credential.bytes("clientDataJSON").ok_or(Refused::NoClientData)?;
        let client_data = ClientData::parse(&client_data, Ceremony::Registration, site)?;
        let attestation = credential.bytes("attestationObject").ok_or(Refused::BadAttestation)?;
        let data = authenticator_data_of(&attestation).ok_or(Refused::BadAttestation)?;
        let data = AuthenticatorData::parse(data, site)?;
        let new = data.new.ok_or(Refused::NoKey)?;
        let (alg, jwk) = cose_key::parse(new.public_key)?;
        if new.id != credential.id {
            return Err(Refused::BadId);
        }
        let transports = credential.response.get("transports").and_then(Value::as_array);
        let named = |transport: &&str| transports.is_some_and(|given| given.iter().any(|text| text == transport));
        Ok(Self {
            challenge: client_data.challenge().to_owned(),
            passkey: Passkey {
                id: URL_SAFE_NO_PAD.encode(new.id),
                alg,
                jwk,
                aaguid: provider::uuid(new.aaguid),
                transports: TRANSPORTS
                    .iter()
                    .filter(|name| named(name))
                    .map(|name| (*name).to_owned())
                    .collect(),
                backup_eligible: data.backup_eligible,
            },
            state: data.state,
            silently: site.silently,
        })
    }
}

/// The authenticator data in an attestation object (section 6.5.4): a map of `fmt`, `attStmt` and `authData`, each once.
fn authenticator_data_of(bytes: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(bytes);
    let (mut format, mut statement, mut data) = (0, 0, None);
    if decoder.map().ok()?? != 3 {
        return None;
    }
    for _ in 0..3 {
        match decoder.str().ok()? {
            "fmt" => {
                decoder.str().ok()?;
                format += 1;
            }
            "attStmt" => {
                decoder.skip().ok()?;
                statement += 1;
            }
            "authData" => data = Some(decoder.bytes().ok()?),
            _ => return None,
        }
    }
    let whole = decoder.position() == bytes.len() && (format, statement) == (1, 1);
    data.filter(|_| whole)
}
