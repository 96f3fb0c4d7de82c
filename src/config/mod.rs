//! Variables and secrets of the Worker, read once into one typed value.
//!
//! Limen refuses to start on a missing, short or example value, and says how to make a good one.

mod reader;

use std::fmt;

use url::{Host, Url};

use self::reader::Reader;
use crate::{
    secret::{RootKeys, same_secret},
    time::Lifetime,
};

/// All that an operator decides.
#[derive(Debug)]
pub struct Config {
    /// `ISSUER`.
    pub issuer: Issuer,
    /// `KEK_1`, `KEK_2`, ..., `KEK_CURRENT`, `EPOCH`.
    pub roots: RootKeys,
    /// `ADMIN_TOKEN`: opens the admin API and registration. Without it nothing opens the admin API.
    pub admin_token: Option<AdminToken>,
    /// `REGISTRATION`: who may register clients.
    pub registration: Registration,
    /// `REGISTRATIONS_PER_ADDRESS`: how many clients a network address may register in 15 minutes where anybody may.
    pub registrations_per_address: i64,
    /// `CLIENT_ID_METADATA_DOCUMENTS`: which clients may describe themselves by a document at their `client_id`.
    pub client_id_documents: ClientIdDocuments,
    /// `FRONT_CHANNEL_TOKENS`: whether clients may register the implicit and hybrid flows.
    pub front_channel_tokens: FrontChannelTokens,
    /// `REQUIRE_PKCE`: which clients must use PKCE.
    pub pkce_requirement: PkceRequirement,
    /// `INSECURE_LOOPBACK_FETCHES`: whether Limen fetches from the machine that it runs on.
    pub loopback_fetches: LoopbackFetches,
    /// `MTLS_ORIGIN`: where clients may show TLS certificates. Without it none counts.
    pub mtls_origin: Option<Issuer>,
    /// `SIGNUP`: whether people may make accounts for themselves.
    pub sign_up: SignUp,
    /// `SERVER_TIMING`: whether answers tell how often D1 and KV were asked.
    pub server_timing: bool,
    /// `EDITABLE_CLAIMS`: which claims people may change themselves.
    pub editable_claims: Vec<String>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// `LOGOUT_REVOKES`: which tokens end with the session that they came of.
    pub logout_revokes: LogoutRevokes,
    /// `SESSION_MANAGEMENT`: whether clients can watch the session through an iframe.
    pub session_management: bool,
}

/// The claims that `EDITABLE_CLAIMS` can name: the standard ones (OIDC Core section 5.1) but for those that are somebody
/// else's word, and `preferred_username`, which apps take for an account's name.
pub const EDITABLE_CLAIMS: [&str; 15] = [
    "name",
    "given_name",
    "middle_name",
    "family_name",
    "nickname",
    "gender",
    "birthdate",
    "locale",
    "zoneinfo",
    "profile",
    "picture",
    "website",
    "email",
    "phone_number",
    "address",
];

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

/// Which clients may be known by the URL of a document that describes them, without anybody registering them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientIdDocuments {
    /// None.
    Off,
    /// All.
    On,
    /// Those on these hosts; `*.acme.org` is every host below `acme.org`.
    Hosts(Vec<String>),
}

impl ClientIdDocuments {
    /// Whether clients on `host` may.
    pub fn allow(&self, host: &str) -> bool {
        let is_or_is_below = |pattern: &String| match pattern.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == pattern,
        };
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Hosts(hosts) => hosts.iter().any(is_or_is_below),
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => return Ok(Self::Off),
            "on" => return Ok(Self::On),
            _ => {}
        }
        let hosts = text.split([' ', ',']).filter(|host| !host.is_empty());
        hosts.map(host_pattern).collect::<Result<_, _>>().map(Self::Hosts)
    }
}

/// A host as URL parsers write it, or `*.` and one.
fn host_pattern(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    match Host::parse(name) {
        Ok(Host::Domain(domain)) if domain == name && (name.contains('.') || name == "localhost") => {
            Ok(text.to_owned())
        }
        _ => Err("must be off, on, or hosts such as app.acme.org and *.acme.org, separated by spaces"),
    }
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

/// Whether what a client names may be fetched from a loopback host, over plain http too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopbackFetches {
    /// As it must be on the internet.
    Refused,
    /// For development, where clients run on the same machine.
    InsecureAllowed,
}

/// Whether people may make accounts for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Operators make accounts.
    Off,
    /// Anybody may make one.
    Open,
}

/// How long things live. Each has a variable of its name in capitals, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// `CODE_LIFETIME`: authorization codes.
    pub code: Lifetime,
    /// `ACCESS_TOKEN_LIFETIME`.
    pub access_token: Lifetime,
    /// `ID_TOKEN_LIFETIME`.
    pub id_token: Lifetime,
    /// `REFRESH_TOKEN_LIFETIME`: absolute, from the redemption of the code on.
    pub refresh_token: Lifetime,
    /// `REFRESH_TOKEN_IDLE`: a refresh token unused for so long is dead.
    pub refresh_token_idle: Lifetime,
    /// `REFRESH_GRACE`: in which a lost answer may be asked for again with the parent token.
    pub refresh_grace: Lifetime,
    /// `SESSION_LIFETIME`: absolute, from the sign-in on.
    pub session: Lifetime,
    /// `SESSION_IDLE`: a session unused for so long is dead.
    pub session_idle: Lifetime,
    /// `AUDIT_RETENTION`: rows of the audit.
    pub audit: Lifetime,
}

/// The longest that an access token may be made to live.
pub const LONGEST_ACCESS_TOKEN: Lifetime = Lifetime::days(1);

impl Lifetimes {
    /// The longest that a token signed now can live: what a retired key must outlast.
    pub fn longest_signed_token(&self) -> Lifetime {
        self.access_token.max(self.id_token)
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

/// The issuer identifier (OIDC Discovery 1.0 section 3): an https origin, or http on a loopback host for development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// The identifier as it stands in `iss`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute URL of `path`, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        let host = url.host().ok_or("has no host")?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err("must be https (http is for localhost only)"),
            _ => return Err("must be an https URL"),
        }
        if is_example(&host) {
            return Err("is still the example; set it to the https origin that people will see");
        }
        let origin = url.origin().ascii_serialization();
        let only_origin = text == origin;
        if only_origin {
            Ok(Self(origin))
        } else {
            Err("must be an origin alone, such as https://id.acme.org: no path, no slash at the end")
        }
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn is_example(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else { return false };
    ["example", "example.com", "example.org", "example.net"]
        .iter()
        .any(|reserved| {
            name.strip_suffix(reserved)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// The operator's bearer token.
pub struct AdminToken(String);

impl AdminToken {
    /// Constant-time comparison with what a caller presents.
    pub fn matches(&self, presented: &str) -> bool {
        same_secret(&self.0, presented)
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// Why Limen does not start: one line for each variable that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limen is not configured.\n")?;
        self.0.iter().try_for_each(|problem| writeln!(f, "- {problem}"))
    }
}

impl Config {
    /// Reads the configuration by means of `var`, which gives the text of a variable or secret where it is set.
    ///
    /// # Errors
    /// Names every variable that is wrong, not just the first.
    pub fn parse(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            var,
            problems: Vec::new(),
        };
        let issuer = reader.issuer();
        let roots = reader.roots();
        let admin_token = reader.admin_token();
        let registration = reader.choice(
            "REGISTRATION",
            Registration::Token,
            &[
                ("open", Registration::Open),
                ("token", Registration::Token),
                ("off", Registration::Off),
            ],
        );
        let registrations_per_address = reader.number("REGISTRATIONS_PER_ADDRESS", 20, 1_000_000);
        let front_channel_tokens = reader.choice(
            "FRONT_CHANNEL_TOKENS",
            FrontChannelTokens::Refused,
            &[
                ("off", FrontChannelTokens::Refused),
                ("on", FrontChannelTokens::InsecureAllowed),
            ],
        );
        let pkce_requirement = reader.choice(
            "REQUIRE_PKCE",
            PkceRequirement::Public,
            &[
                ("public", PkceRequirement::Public),
                ("all", PkceRequirement::All),
                ("none", PkceRequirement::InsecureNone),
            ],
        );
        let loopback_fetches = reader.choice(
            "INSECURE_LOOPBACK_FETCHES",
            LoopbackFetches::Refused,
            &[
                ("off", LoopbackFetches::Refused),
                ("on", LoopbackFetches::InsecureAllowed),
            ],
        );
        if loopback_fetches == LoopbackFetches::InsecureAllowed && issuer.as_ref().is_some_and(Issuer::is_https) {
            let problem = "INSECURE_LOOPBACK_FETCHES is for development: it must be off when ISSUER is https";
            reader.problems.push(problem.to_owned());
        }
        let mtls_origin = reader.origin("MTLS_ORIGIN");
        let client_id_documents = reader.client_id_documents();
        let sign_up = reader.choice("SIGNUP", SignUp::Off, &[("off", SignUp::Off), ("open", SignUp::Open)]);
        let server_timing = reader.choice("SERVER_TIMING", false, &[("off", false), ("on", true)]);
        let editable_claims = reader.words("EDITABLE_CLAIMS", &EDITABLE_CLAIMS);
        let lifetimes = Lifetimes {
            code: reader.lifetime("CODE_LIFETIME", Lifetime::minutes(1), Lifetime::minutes(10)),
            access_token: reader.lifetime("ACCESS_TOKEN_LIFETIME", Lifetime::minutes(10), LONGEST_ACCESS_TOKEN),
            id_token: reader.lifetime("ID_TOKEN_LIFETIME", Lifetime::hours(1), Lifetime::days(1)),
            refresh_token: reader.lifetime("REFRESH_TOKEN_LIFETIME", Lifetime::days(90), Lifetime::days(3_650)),
            refresh_token_idle: reader.lifetime("REFRESH_TOKEN_IDLE", Lifetime::days(30), Lifetime::days(3_650)),
            refresh_grace: reader.lifetime("REFRESH_GRACE", Lifetime(30), Lifetime::minutes(5)),
            session: reader.lifetime("SESSION_LIFETIME", Lifetime::days(30), Lifetime::days(365)),
            session_idle: reader.lifetime("SESSION_IDLE", Lifetime::days(7), Lifetime::days(365)),
            audit: reader.lifetime("AUDIT_RETENTION", Lifetime::days(90), Lifetime::days(3_650)),
        };
        let logout_revokes = reader.choice(
            "LOGOUT_REVOKES",
            LogoutRevokes::Online,
            &[
                ("online", LogoutRevokes::Online),
                ("all", LogoutRevokes::All),
                ("nothing", LogoutRevokes::Nothing),
            ],
        );
        let session_management = reader.choice("SESSION_MANAGEMENT", false, &[("off", false), ("on", true)]);
        match (issuer, roots) {
            (Some(issuer), Some(roots)) if reader.problems.is_empty() => Ok(Self {
                issuer,
                roots,
                admin_token,
                registration,
                registrations_per_address,
                client_id_documents,
                front_channel_tokens,
                pkce_requirement,
                loopback_fetches,
                mtls_origin,
                sign_up,
                server_timing,
                editable_claims,
                lifetimes,
                logout_revokes,
                session_management,
            }),
            _ => Err(ConfigError(reader.problems)),
        }
    }
}

#[cfg(test)]
mod tests;
