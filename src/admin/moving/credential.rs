//! How somebody signs in, as a line has it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::members::{Members, missing};
use crate::{
    account::{
        base32,
        passkey::{self, Passkey},
        password::imported,
        recovery_code, totp,
    },
    secret::random_text,
    time::UnixTime,
};

use super::Moved;

/// A row of `credentials` that is to be.
#[derive(Clone, Debug)]
pub struct Credential {
    pub user_id: String,
    /// The id of its row; none where that follows from what it is.
    pub row_id: String,
    pub kind: CredentialKind,
    pub name: Option<String>,
    pub counter: i64,
    pub backed_up: bool,
    pub created_at: UnixTime,
    /// Whether the line says so.
    pub is_dated: bool,
    pub last_used_at: Option<UnixTime>,
    /// Whether the person chooses another password when they next sign in.
    pub must_change: bool,
}

/// Of what kind it is, and what is stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A hash that can be checked here.
    Password(String),
    /// A passkey, as JSON.
    Passkey(String),
    /// The secret of one-time codes, sealed under a root key that is here, too.
    SealedTotp(String),
    /// The same as another provider wrote it down: still to be sealed.
    PlainTotp([u8; totp::LENGTH]),
    /// Hashes of recovery codes, as JSON, under a root key that is here, too.
    RecoveryCodes(String),
}

impl CredentialKind {
    /// As it is stored, and how many a person has at most.
    pub fn named(&self) -> (&'static str, i64) {
        match self {
            Self::Password(_) => ("password", 1),
            Self::Passkey(_) => ("passkey", passkey::MOST),
            Self::SealedTotp(_) | Self::PlainTotp(_) => ("totp", totp::MOST),
            Self::RecoveryCodes(_) => ("recovery_codes", 1),
        }
    }
}

impl Credential {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(line: &Members<'_>, moved: &Moved<'_>) -> Result<Self, String> {
        let user_id = line.id("user")?;
        let (row_id, kind) = match line.needed("type")? {
            "password" => read_password(line, &user_id)?,
            "passkey" => read_passkey(line)?,
            "totp" => read_totp(line, moved)?,
            "recovery_codes" => read_recovery_codes(line, moved)?,
            _ => return Err("type must be password, passkey, totp or recovery_codes".to_owned()),
        };
        let counter = line.number("counter")?.unwrap_or_default();
        if counter > i64::from(u32::MAX) {
            return Err("counter is too large".to_owned());
        }
        let created_at = line.past("created_at", moved.now)?;
        Ok(Self {
            user_id,
            row_id,
            kind,
            name: line.text("name")?.and_then(passkey::name_of),
            counter,
            backed_up: line.flag("backed_up")?,
            created_at: created_at.unwrap_or(moved.now),
            is_dated: created_at.is_some(),
            last_used_at: line.past("last_used_at", moved.now)?,
            must_change: line.flag("must_change")?,
        })
    }
}

fn read_password(line: &Members<'_>, user_id: &str) -> Result<(String, CredentialKind), String> {
    let hash = imported::parse(line.needed("secret")?).ok_or_else(|| format!("secret {}", imported::FORMS))?;
    let row_id = match line.text("id")? {
        Some(_) => line.id("id")?,
        // The same line again is the same row.
        None => digest(&["password", user_id, &hash]),
    };
    Ok((row_id, CredentialKind::Password(hash)))
}

fn read_passkey(line: &Members<'_>) -> Result<(String, CredentialKind), String> {
    let object = line.object("secret")?.ok_or_else(|| missing("secret"))?;
    let passkey = match object.get("cose") {
        None => serde_json::from_value::<Passkey>(Value::Object(object.clone())).map_err(|_| {
            "secret is no passkey: id, alg, jwk, aaguid, transports and backup_eligible are expected".to_owned()
        })?,
        Some(cose) => {
            let text = |name: &str| object.get(name).and_then(Value::as_str);
            let cose = cose.as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            let cose = cose.ok_or("cose must be a public key of COSE in base64url")?;
            let list = object.get("transports").and_then(Value::as_array);
            Passkey::of_cose(
                text("id").unwrap_or_default(),
                &cose,
                text("aaguid"),
                list.into_iter().flatten().filter_map(Value::as_str),
                object.get("backup_eligible") == Some(&Value::Bool(true)),
            )
            .map_err(|refused| refused.describe().to_owned())?
        }
    };
    passkey.check().map_err(|refused| refused.describe().to_owned())?;
    let row_id = passkey.row_id();
    if line.text("id")?.is_some_and(|id| id != row_id) {
        return Err("id is not the one that a passkey of this credential id has".to_owned());
    }
    let text = serde_json::to_string(&passkey).unwrap_or_default();
    Ok((row_id, CredentialKind::Passkey(text)))
}

fn read_totp(line: &Members<'_>, moved: &Moved<'_>) -> Result<(String, CredentialKind), String> {
    if let Some(plain) = line.text("base32")? {
        let wrong = "base32 must be a secret of 20 bytes in base32, of codes of 6 digits every 30 seconds with SHA-1";
        let bytes = base32::decode(plain).and_then(|bytes| bytes.try_into().ok());
        return Ok((String::new(), CredentialKind::PlainTotp(bytes.ok_or(wrong)?)));
    }
    let sealed = line.needed("secret")?;
    let same_root = moved.has_root_of(sealed);
    let is_sealed = sealed
        .split_once('.')
        .is_some_and(|(_, rest)| URL_SAFE_NO_PAD.decode(rest).is_ok());
    let row_id = line.id("id")?;
    match (is_sealed, same_root) {
        (false, _) => Err("secret must be a sealed secret".to_owned()),
        (_, false) => Err(OTHER_ROOT.to_owned()),
        (true, true) => Ok((row_id, CredentialKind::SealedTotp(sealed.to_owned()))),
    }
}

fn read_recovery_codes(line: &Members<'_>, moved: &Moved<'_>) -> Result<(String, CredentialKind), String> {
    let hashes = line.texts("secret", recovery_code::COUNT)?;
    if !hashes.iter().all(|hash| is_hash(hash)) {
        return Err("secret must be a list of hashes".to_owned());
    }
    if !hashes.iter().all(|hash| moved.has_root_of(hash)) {
        return Err(OTHER_ROOT.to_owned());
    }
    line.text("id")?;
    let text = serde_json::to_string(&hashes).unwrap_or_default();
    Ok((String::new(), CredentialKind::RecoveryCodes(text)))
}

/// Why what another root key made is worth nothing here. The tool that imports knows it by its first words.
const OTHER_ROOT: &str = "another root key: the person has to set it up again";

/// Whether a text has the form of a keyed hash ([`crate::secret::Hash`]).
pub(super) fn is_hash(text: &str) -> bool {
    let Some((version, mac)) = text.split_once('.') else {
        return false;
    };
    version.parse::<u32>().is_ok() && URL_SAFE_NO_PAD.decode(mac).is_ok_and(|mac| mac.len() == 32)
}

/// An id that the same words have again.
pub(super) fn digest(words: &[&str]) -> String {
    let mut digest = Sha256::new();
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    let bytes: [u8; 32] = digest.finalize().into();
    random_text::<16>(std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default()))
}

impl Moved<'_> {
    /// Whether what begins with the number of a root key was made under one that is here, too.
    pub(super) fn has_root_of(&self, text: &str) -> bool {
        let Some((version, _)) = text.split_once('.') else {
            return false;
        };
        let there = self.roots_there.get(version).and_then(Value::as_str);
        let here = version.parse().ok();
        let here = here.and_then(|version| self.config.roots.fingerprint(version));
        here.is_some() && here.as_deref() == there
    }
}
