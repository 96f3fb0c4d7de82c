//! The root key and all that is derived from it: purposes, keyed hashes, opaque tokens.
//!
//! A root key is 32 random bytes in a Worker secret (`KEK_1`, later `KEK_2`). HKDF (RFC 5869) turns it into one key a
//! purpose, so that no key ever serves two. What is stored of a bearer secret is its HMAC (RFC 2104) under such a key:
//! a stolen database holds nothing that can be presented.

pub mod sealed_document;
pub mod webhook_secret;

use std::{cell::RefCell, collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Which root key something is bound to: the `n` of the secret `KEK_n`.
pub type KekVersion = u32;

/// What a derived key is for. Each has its own HKDF label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// AES-256-GCM wrapping of signing keys.
    WrapSigningKey,
    /// Hash of authorization codes.
    Code,
    /// Hash of session cookies.
    Session,
    /// Hash of client secrets.
    ClientSecret,
    /// AES-256-GCM wrapping of client secrets that are needed themselves.
    WrapClientSecret,
    /// Hash of registration access tokens.
    RegistrationToken,
    /// MAC that is a refresh token.
    RefreshToken,
    /// MAC over documents kept in KV.
    KvDocument,
    /// What tells root keys apart without telling them.
    Fingerprint,
    /// MAC that binds a form to its browser.
    Csrf,
    /// MAC that is a nonce for DPoP proofs.
    DpopNonce,
    /// Hash of references to pushed authorization requests.
    PushedRequest,
    /// Hash of device codes: what is one is neither a code nor a reference.
    DeviceCode,
    /// Hash of `auth_req_id`s (CIBA).
    AuthReqId,
    /// AES-256-GCM wrapping of what apps are told when somebody answered them (CIBA).
    WrapNotification,
    /// Hash of the codes that people type for a device.
    UserCode,
    /// MAC over an authorization request that waits for the person.
    Interaction,
    /// MAC by which a client's page sees that the session has changed.
    BrowserState,
    /// MAC that makes a browser known as one in which a person has signed in.
    KnownBrowser,
    /// MAC that is a challenge to passkeys.
    Challenge,
    /// Hash of links to set up how somebody signs in.
    SetUpLink,
    /// MAC that is a code or a link in a mail.
    MailSecret,
    /// MAC that says that somebody has shown their first factor.
    FirstFactor,
    /// MAC over a secret of one-time codes that has still to be confirmed, and the ids of such secrets.
    Totp,
    /// AES-256-GCM wrapping of secrets of one-time codes.
    WrapTotp,
    /// Hash of recovery codes.
    RecoveryCode,
    /// Hash of the cookies of trusted browsers.
    TrustedBrowser,
    /// Hash of keys of the admin API.
    ApiKey,
    /// MAC that is the secret of a webhook.
    WebhookSecret,
    /// Hash of the secrets with which APIs ask about tokens.
    ApiSecret,
    /// AES-256-GCM sealing of access tokens that nobody else can read.
    SealAccessToken,
    /// Hash of what makes a request of an operator that may be sent again.
    Idempotency,
    /// Keys under which failed sign-ins are counted (so that addresses are not stored).
    Throttle,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::WrapSigningKey => "limen/v1/wrap-signing-key",
            Self::Code => "limen/v1/code",
            Self::Session => "limen/v1/session",
            Self::ClientSecret => "limen/v1/client-secret",
            Self::WrapClientSecret => "limen/v1/wrap-client-secret",
            Self::RegistrationToken => "limen/v1/registration-token",
            Self::RefreshToken => "limen/v1/refresh-token",
            Self::KvDocument => "limen/v1/kv-document",
            Self::Fingerprint => "limen/v1/fingerprint",
            Self::Csrf => "limen/v1/csrf",
            Self::DpopNonce => "limen/v1/dpop-nonce",
            Self::PushedRequest => "limen/v1/pushed-request",
            Self::DeviceCode => "limen/v1/device-code",
            Self::AuthReqId => "limen/v1/auth-req-id",
            Self::WrapNotification => "limen/v1/wrap-notification",
            Self::UserCode => "limen/v1/user-code",
            Self::Interaction => "limen/v1/interaction",
            Self::BrowserState => "limen/v1/browser-state",
            Self::KnownBrowser => "limen/v1/known-browser",
            Self::Challenge => "limen/v1/challenge",
            Self::SetUpLink => "limen/v1/set-up-link",
            Self::MailSecret => "limen/v1/mail-secret",
            Self::FirstFactor => "limen/v1/first-factor",
            Self::Totp => "limen/v1/totp",
            Self::WrapTotp => "limen/v1/wrap-totp",
            Self::RecoveryCode => "limen/v1/recovery-code",
            Self::TrustedBrowser => "limen/v1/trusted-browser",
            Self::ApiKey => "limen/v1/api-key",
            Self::WebhookSecret => "limen/v1/webhook-secret",
            Self::ApiSecret => "limen/v1/api-secret",
            Self::SealAccessToken => "limen/v1/seal-access-token",
            Self::Idempotency => "limen/v1/idempotency",
            Self::Throttle => "limen/v1/throttle",
        }
    }

    /// Tokens die when the operator raises `EPOCH`; keys, clients and documents outlive it.
    fn dies_with_epoch(self) -> bool {
        matches!(
            self,
            Self::Code
                | Self::Session
                | Self::RefreshToken
                | Self::PushedRequest
                | Self::DeviceCode
                | Self::AuthReqId
                | Self::UserCode
                | Self::Interaction
                | Self::Challenge
                | Self::SetUpLink
                | Self::MailSecret
                | Self::FirstFactor
                | Self::Totp
                | Self::TrustedBrowser
                | Self::ApiKey
                | Self::SealAccessToken
        )
    }
}

/// The root keys by version, which of them is current, and the epoch.
#[derive(Clone)]
pub struct RootKeys {
    roots: BTreeMap<KekVersion, [u8; 32]>,
    current: KekVersion,
    current_root: [u8; 32],
    epoch: String,
    /// What was derived before: every request needs some of a dozen keys.
    derived: RefCell<Vec<(KekVersion, Purpose, [u8; 32])>>,
}

impl RootKeys {
    /// `None` when `current` is not among `roots`.
    pub fn new(roots: BTreeMap<KekVersion, [u8; 32]>, current: KekVersion, epoch: String) -> Option<Self> {
        let current_root = *roots.get(&current)?;
        Some(Self {
            roots,
            current,
            current_root,
            epoch,
            derived: RefCell::default(),
        })
    }

    /// The version that new secrets are bound to.
    pub fn current_version(&self) -> KekVersion {
        self.current
    }

    /// Every version that can still be read.
    pub fn versions(&self) -> impl Iterator<Item = KekVersion> + '_ {
        self.roots.keys().copied()
    }

    /// The key for `purpose` under the current root.
    pub fn current(&self, purpose: Purpose) -> Key {
        self.expand(self.current, &self.current_root, purpose)
    }

    /// The key for `purpose` under root `version`, or `None` where that root is not configured.
    pub fn derive(&self, version: KekVersion, purpose: Purpose) -> Option<Key> {
        self.roots.get(&version).map(|root| self.expand(version, root, purpose))
    }

    /// What tells root `version` from others, and tells nothing of it. `None` where that root is not configured.
    pub fn fingerprint(&self, version: KekVersion) -> Option<String> {
        let mac = self.derive(version, Purpose::Fingerprint)?.mac(&[b"fingerprint"]);
        Some(random_text::<16>(std::array::from_fn(|at| {
            mac.get(at).copied().unwrap_or_default()
        })))
    }

    fn expand(&self, version: KekVersion, root: &[u8; 32], purpose: Purpose) -> Key {
        let is_it = |known: &&(KekVersion, Purpose, [u8; 32])| (known.0, known.1) == (version, purpose);
        if let Some((.., key)) = self.derived.borrow().iter().find(is_it) {
            return Key(*key);
        }
        let epoch = if purpose.dies_with_epoch() {
            self.epoch.as_bytes()
        } else {
            b""
        };
        let mut key = [0; 32];
        let info: [&[u8]; 3] = [purpose.label().as_bytes(), b"\0", epoch];
        // HKDF-SHA-256 fails beyond 8,160 bytes of output: the error case does not exist for 32.
        #[allow(clippy::expect_used)]
        Hkdf::<Sha256>::new(None, root)
            .expand_multi_info(&info, &mut key)
            .expect("HKDF gives 32 bytes");
        self.derived.borrow_mut().push((version, purpose, key));
        Key(key)
    }
}

impl fmt::Debug for RootKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKeys(current: {}, ..)", self.current)
    }
}

/// A key derived for one purpose.
pub struct Key([u8; 32]);

impl Key {
    /// The raw key, for import into WebCrypto.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length so that no two lists of parts collide.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.hmac(parts).finalize().into_bytes().into()
    }

    /// Whether `mac` is the MAC of `parts`, in constant time.
    pub fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.hmac(parts).verify_slice(mac).is_ok()
    }

    fn hmac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        // HMAC takes keys of every length: the error case does not exist for 32 bytes.
        #[allow(clippy::expect_used)]
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC accepts any key length");
        for part in parts {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part);
        }
        hmac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A bearer secret of 256 random bits. Its text is shown once, its [`Hash`] is stored.
///
/// The text is `<root version>.<base64url>`: whoever reads it back knows which root hashed it, so old tokens survive a
/// change of root for as long as the old root stays configured.
#[derive(Clone)]
pub struct OpaqueToken {
    version: KekVersion,
    text: String,
}

impl OpaqueToken {
    /// A token from 32 fresh random bytes, bound to the current root.
    pub fn new(roots: &RootKeys, random: [u8; 32]) -> Self {
        Self::derived(roots.current_version(), random)
    }

    /// A token from bytes that nobody else can make, under the root `version`.
    pub fn derived(version: KekVersion, bytes: [u8; 32]) -> Self {
        Self {
            version,
            text: format!("{version}.{}", URL_SAFE_NO_PAD.encode(bytes)),
        }
    }

    /// Reads a presented token. `None` for all that this deployment cannot have issued.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, random) = text.split_once('.')?;
        let canonical = !version.starts_with(['0', '+']);
        let random_ok = URL_SAFE_NO_PAD.decode(random).is_ok_and(|bytes| bytes.len() == 32);
        let version = version.parse().ok().filter(|_| canonical && random_ok)?;
        Some(Self {
            version,
            text: text.to_owned(),
        })
    }

    /// The text for its owner.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The hash to store or to look up. `None` when the token's root is no longer configured.
    pub fn hash(&self, roots: &RootKeys, purpose: Purpose) -> Option<Hash> {
        let key = roots.derive(self.version, purpose)?;
        Some(Hash::of(&key, self.version, &[self.text.as_bytes()]))
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(..)")
    }
}

/// A secret that a client shares with Limen, as text. Its [`Hash`] is stored, and where it is needed itself (to check a MAC), it
/// is stored wrapped, too.
#[derive(Clone)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// A secret from 48 fresh random bytes. Its text has 66 characters: as a key of HS512 it must have 64 at least (RFC 7518
    /// section 3.2).
    pub fn new(roots: &RootKeys, random: [u8; 48]) -> Self {
        Self(format!(
            "{}.{}",
            roots.current_version(),
            URL_SAFE_NO_PAD.encode(random)
        ))
    }

    /// What somebody presents as such.
    pub fn presented(text: String) -> Self {
        Self(text)
    }

    /// The text for its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// A secret under AES-256-GCM: `<root version>.<base64url(nonce || ciphertext)>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedSecret(String);

impl WrappedSecret {
    /// What was wrapped under root `version`.
    pub fn new(version: KekVersion, wrapped: &str) -> Self {
        Self(format!("{version}.{wrapped}"))
    }

    /// Takes a wrapped secret out of storage.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The root that it is wrapped under, and what was wrapped.
    pub fn parts(&self) -> Option<(KekVersion, &str)> {
        let (version, wrapped) = self.0.split_once('.')?;
        Some((version.parse().ok()?, wrapped))
    }
}

/// What is stored of a secret: `<root version>.<base64url(HMAC-SHA-256)>`.
#[derive(Clone)]
pub struct Hash(String);

impl Hash {
    /// Hashes `parts` under `key`, which was derived from root `version`.
    pub fn of(key: &Key, version: KekVersion, parts: &[&[u8]]) -> Self {
        Self(format!("{version}.{}", URL_SAFE_NO_PAD.encode(key.mac(parts))))
    }

    /// Whether it was made under root `version`.
    pub fn is_under(&self, version: KekVersion) -> bool {
        self.0
            .split_once('.')
            .is_some_and(|(made_under, _)| made_under == version.to_string())
    }

    /// Takes a hash out of storage.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Eq for Hash {}

impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(..)")
    }
}

/// Equality of two secrets in time that depends on their lengths alone.
pub fn same_secret(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// `random` as base64url text: identifiers, nonces.
pub fn random_text<const N: usize>(random: [u8; N]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// Whether a text has the form of an identifier of Limen's: 128 bits as [`random_text`].
pub fn is_random_id(text: &str) -> bool {
    text.len() == 22
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests;
