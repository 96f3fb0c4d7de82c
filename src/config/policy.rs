//! What an operator allows, one choice a variable.

/// Who may register clients at `/register`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Who holds an initial access token or the admin token.
    Token,
    /// Nobody.
    Off,
}

/// Whether tokens may travel through the browser from the authorization endpoint: the implicit and hybrid flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontChannelTokens {
    /// Only codes do: "clients SHOULD NOT use the implicit grant" (RFC 9700 section 2.1.2).
    Refused,
    /// They do, for clients that registered it.
    InsecureAllowed,
}

/// Which clients must send a `code_challenge` (RFC 7636). Whoever sends one is held to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceRequirement {
    /// Those that cannot keep a secret: "Public clients MUST use PKCE" (RFC 9700 section 2.1.1).
    Public,
    /// All, as OAuth 2.1 has it.
    All,
    /// Native ones alone, whose redirects other programs can catch, so that those older than PKCE work: a public client's code
    /// can then be used by who gets hold of it.
    InsecureNone,
}

/// Whether apps that the operator registers may be sent codes over http on a private network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateHttp {
    /// Redirect URIs use https, or http on a loopback host.
    Refused,
    /// Those of the operator's confidential clients may use http on hosts such as `192.168.2.50` and `nas.local`: everybody on
    /// the way reads the code. That it is of no use without the client's secret is all that protects it.
    InsecureAllowed,
}

/// Which `aud` an assertion by which a client proves itself may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer, and nothing beside it (rfc7523bis): an assertion that another server could be meant by is good for nobody who gets
    /// hold of it there.
    Issuer,
    /// Also the token endpoint, and at `/par` that endpoint, alone or in a list: as RFC 7523 and older clients have it.
    TokenEndpointToo,
}

/// Whether DPoP proofs must have a nonce that Limen gave (RFC 9449 section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DpopNonces {
    /// The time that a proof says of itself counts.
    Off,
    /// A proof that was made beforehand, by somebody who could use the key for a moment, is good for nothing.
    Required,
}

/// Whether people who sign in with a password show a second factor. A passkey counts as both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// Never, and nobody can set one up.
    Off,
    /// Those who have set one up do, and those of whom a group requires it.
    Optional,
    /// All do. Somebody without one sets it up before they are signed in.
    Required,
}

impl SecondFactor {
    /// Whether somebody must show one, of whom one of their groups requires it or not.
    pub fn is_required(self, by_group: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Optional => by_group,
            Self::Required => true,
        }
    }
}

/// Which tokens end with the session that they came of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutRevokes {
    /// Those without the scope `offline_access`.
    Online,
    /// All.
    All,
    /// None: they live on until they expire.
    Nothing,
}
