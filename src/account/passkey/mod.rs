//! Passkeys: credentials of Web Authentication (WebAuthn Level 3). What is here decides; the signature itself is WebCrypto's to
//! verify.
//!
//! Attestation is asked `none`: what a browser still sends of it is not read. So nothing is known for certain of the device that
//! holds a key, and Limen claims nothing of it.

mod assertion;
mod authenticator_data;
mod challenge;
mod client_data;
mod cose_key;
mod provider;
mod registration;
#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use self::{
    assertion::{Answer, sign_in_options},
    challenge::Challenge,
    cose_key::KeyAlg,
    provider::provider,
    registration::{Account, New, creation_options},
};

use crate::{readable::as_line, web::json};

/// The most bytes of a credential id: "Verify that the credentialId is <= 1023 bytes" (section 7.1 step 25).
const LONGEST_ID: usize = 1_023;

/// The most passkeys of a person.
pub const MOST: i64 = 20;

/// The most characters of the name that a person gives one.
pub const LONGEST_NAME: usize = 60;

/// How long a browser may take to ask the person, in milliseconds.
const TIMEOUT: u32 = 300_000;

/// The site that passkeys belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty<'a> {
    /// The RP ID: a host name.
    pub id: &'a str,
    /// What people know the deployment by, where it has a name.
    pub name: Option<&'a str>,
    /// The origin of the pages that ask for passkeys.
    pub origin: &'a str,
    /// Whether the browser may make a passkey without asking the person, of the password that they have just used (conditional create:
    /// "If options.mediation is not set to conditional, verify that the UP bit ... is set", section 7.1 step 15). A sign-in with it
    /// asks them as ever.
    pub silently: bool,
}

/// A passkey as it is kept: the "credential record" (section 4) less what has a column of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The credential id, in base64url.
    pub id: String,
    /// Under which algorithm its key signs.
    pub alg: KeyAlg,
    /// Its public key.
    pub jwk: Value,
    /// What made it, as a UUID; all zeros where that is not told.
    pub aaguid: String,
    /// How a browser reaches it.
    #[serde(default)]
    pub transports: Vec<String>,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
}

impl Passkey {
    /// The key of its row: a digest, since ids can be long.
    pub fn row_id(&self) -> String {
        let id = URL_SAFE_NO_PAD.decode(&self.id).unwrap_or_default();
        row_id(&id)
    }
}

/// The most transports of a passkey, and the most characters of one.
const MOST_TRANSPORTS: usize = 10;
const LONGEST_TRANSPORT: usize = 20;

impl Passkey {
    /// A passkey that another provider kept: its credential id in base64url, and its public key as its authenticator gave it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_cose<'a>(
        id: &str,
        cose: &[u8],
        aaguid: Option<&str>,
        transports: impl Iterator<Item = &'a str>,
        backup_eligible: bool,
    ) -> Result<Self, Refused> {
        let (alg, jwk) = cose_key::parse(cose)?;
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(decode_id(id)?),
            alg,
            jwk,
            aaguid: aaguid.unwrap_or("00000000-0000-0000-0000-000000000000").to_owned(),
            transports: transports.map(str::to_owned).collect(),
            backup_eligible,
        })
    }

    /// Whether it is as Limen keeps them, where it comes from elsewhere: its key is a public one of its algorithm, and nothing of it is
    /// longer than it can be. Whether WebCrypto takes the key is seen when it is used.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Refused> {
        decode_id(&self.id)?;
        let members: &[&str] = match self.alg {
            KeyAlg::ES256 => &["kty", "crv", "x", "y"],
            KeyAlg::EdDSA => &["kty", "crv", "x"],
            KeyAlg::RS256 => &["kty", "n", "e"],
        };
        let fits = |value: &Value| value.as_str().is_some_and(|text| (1..=2_000).contains(&text.len()));
        let is_key = self.jwk.as_object().is_some_and(|jwk| {
            jwk.len() == members.len() && members.iter().all(|name| jwk.get(*name).is_some_and(fits))
        });
        let is_short = self.aaguid.len() == 36
            && self.transports.len() <= MOST_TRANSPORTS
            && self
                .transports
                .iter()
                .all(|transport| transport.len() <= LONGEST_TRANSPORT);
        match is_key && is_short {
            true => Ok(()),
            false => Err(Refused::BadKey),
        }
    }
}

/// The name that somebody gives a passkey; none where nothing of it can be seen.
pub fn name_of(typed: &str) -> Option<String> {
    let short: String = as_line(typed).chars().take(LONGEST_NAME).collect();
    // What is cut off may have been all that could be seen.
    Some(as_line(&short)).filter(|name| !name.is_empty())
}

/// What changes with each use of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The signature counter; 0 where the authenticator does not count.
    pub counter: u32,
    /// Whether it has been copied to other devices.
    pub backed_up: bool,
}

/// Why an answer of a browser does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The descriptions say it.
pub enum Refused {
    NotJson,
    NoClientData,
    WrongType,
    WrongChallenge,
    WrongOrigin,
    CrossOrigin,
    WrongRelyingParty,
    NotPresent,
    NotVerified,
    BackedUpButNotEligible,
    EligibilityChanged,
    BadAuthenticatorData,
    BadAttestation,
    NoKey,
    UnknownAlgorithm,
    BadKey,
    BadId,
    Unknown,
    AnotherPerson,
    BadSignature,
    CounterWentBack,
}

impl Refused {
    /// What is wrong, for operators and developers.
    pub fn describe(self) -> &'static str {
        match self {
            Self::NotJson => "the answer is not the JSON of a credential",
            Self::NoClientData => "clientDataJSON is not readable",
            Self::WrongType => "the client data is of another kind of ceremony",
            Self::WrongChallenge => "the challenge is not one for this browser and this page, or is too old",
            Self::WrongOrigin => "the origin is another one",
            Self::CrossOrigin => "the page was in a frame of another origin",
            Self::WrongRelyingParty => "the RP ID is another one",
            Self::NotPresent => "nobody was present",
            Self::NotVerified => "the authenticator did not verify the person",
            Self::BackedUpButNotEligible => "the key is backed up and cannot be",
            Self::EligibilityChanged => "whether the key can be backed up has changed",
            Self::BadAuthenticatorData => "the authenticator data is not well-formed",
            Self::BadAttestation => "the attestation object is not well-formed",
            Self::NoKey => "there is no new key",
            Self::UnknownAlgorithm => "the algorithm was not asked for",
            Self::BadKey => "the public key is not well-formed",
            Self::BadId => "the credential id is empty, too long or another one",
            Self::Unknown => "there is no such passkey",
            Self::AnotherPerson => "the passkey is another person's",
            Self::BadSignature => "the signature is wrong",
            Self::CounterWentBack => "the signature counter went back: the key may have been copied",
        }
    }
}

/// The key of the row of a credential id.
pub fn row_id(credential_id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(credential_id))
}

/// What a `PublicKeyCredential` has in JSON (section 5.1.8): the credential id, and the members of its `response`.
struct Credential {
    id: Vec<u8>,
    response: Map<String, Value>,
}

impl Credential {
    fn parse(answer: &str) -> Result<Self, Refused> {
        let mut answer: Map<String, Value> = json::parse(answer.as_bytes()).ok_or(Refused::NotJson)?;
        let response = match answer.remove("response") {
            Some(Value::Object(response)) => response,
            _ => return Err(Refused::NotJson),
        };
        let is_key = answer.get("type").is_some_and(|kind| kind == "public-key");
        let id = answer.get("rawId").and_then(Value::as_str).filter(|_| is_key);
        Ok(Self {
            id: decode_id(id.ok_or(Refused::NotJson)?)?,
            response,
        })
    }

    /// The bytes of a member of the response.
    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.response.get(name).and_then(Value::as_str).and_then(decode)
    }
}

/// A member in base64url; some browsers' JSON pads it.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// A credential id.
fn decode_id(text: &str) -> Result<Vec<u8>, Refused> {
    let id = decode(text).ok_or(Refused::BadId)?;
    match (1..=LONGEST_ID).contains(&id.len()) {
        true => Ok(id),
        false => Err(Refused::BadId),
    }
}
