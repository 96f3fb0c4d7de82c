//! Authenticator data (WebAuthn Level 3 section 6.1), read to its last byte.

use minicbor::{Decoder, data::Type};
use sha2::{Digest, Sha256};

use super::{LONGEST_ID, Refused, RelyingParty, State};

/// What an authenticator says of itself and its key.
pub(super) struct AuthenticatorData<'a> {
    pub(super) state: State,
    pub(super) backup_eligible: bool,
    /// The new key, at a registration.
    pub(super) new: Option<NewKey<'a>>,
}

/// Attested credential data (section 6.5.1).
pub(super) struct NewKey<'a> {
    pub(super) aaguid: [u8; 16],
    pub(super) id: &'a [u8],
    /// The public key in COSE's form.
    pub(super) public_key: &'a [u8],
}

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_KEY: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

impl<'a> AuthenticatorData<'a> {
    /// Reads and checks the bytes for `site` (section 7.1 steps 14 to 17, section 7.2 steps 17 to 20). The person must have been
    /// present and verified.
    pub(super) fn parse(bytes: &'a [u8], site: &RelyingParty<'_>) -> Result<Self, Refused> {
        const BAD: Refused = Refused::BadAuthenticatorData;
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(BAD)?;
        let (&[flags], rest) = rest.split_first_chunk::<1>().ok_or(BAD)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(BAD)?;
        let has = |flag: u8| flags & flag != 0;
        let (new, rest) = match has(HAS_KEY) {
            true => NewKey::parse(rest).map(|(new, rest)| (Some(new), rest))?,
            false => (None, rest),
        };
        let rest = match has(HAS_EXTENSIONS) {
            true => after_map(rest).ok_or(BAD)?,
            false => rest,
        };
        if !rest.is_empty() {
            return Err(BAD);
        }
        if *rp_id_hash != *Sha256::digest(site.id) {
            return Err(Refused::WrongRelyingParty);
        }
        if !has(USER_PRESENT) && !site.silently {
            return Err(Refused::NotPresent);
        }
        if !has(USER_VERIFIED) && !site.silently {
            return Err(Refused::NotVerified);
        }
        if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
            return Err(Refused::BackedUpButNotEligible);
        }
        Ok(Self {
            state: State {
                counter: u32::from_be_bytes(*counter),
                backed_up: has(BACKED_UP),
            },
            backup_eligible: has(BACKUP_ELIGIBLE),
            new,
        })
    }
}

impl<'a> NewKey<'a> {
    fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refused> {
        const BAD: Refused = Refused::BadAuthenticatorData;
        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(BAD)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(BAD)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !(1..=LONGEST_ID).contains(&length) {
            return Err(Refused::BadId);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(BAD)?;
        let after = after_map(rest).ok_or(Refused::BadKey)?;
        let public_key = rest.get(..rest.len() - after.len()).ok_or(BAD)?;
        let new = Self {
            aaguid: *aaguid,
            id,
            public_key,
        };
        Ok((new, after))
    }
}

/// What comes after the CBOR map that `bytes` begin with.
fn after_map(bytes: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(bytes);
    if decoder.datatype().ok()? != Type::Map {
        return None;
    }
    decoder.skip().ok()?;
    bytes.get(decoder.position()..)
}
