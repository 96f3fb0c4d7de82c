//! Variables and secrets of the Worker, read once into one typed value.
//!
//! Limen refuses to start on a missing, short or example value, and says how to make a good one.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::{Host, Url};

use crate::{
    secret::{KekVersion, RootKeys, same_secret},
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
    /// `CLIENT_ID_METADATA_DOCUMENTS`: which clients may describe themselves by a document at their `client_id`.
    pub client_id_documents: ClientIdDocuments,
    /// `FRONT_CHANNEL_TOKENS`: whether clients may register the implicit and hybrid flows.
    pub front_channel_tokens: FrontChannelTokens,
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
        let front_channel_tokens = reader.choice(
            "FRONT_CHANNEL_TOKENS",
            FrontChannelTokens::Refused,
            &[
                ("off", FrontChannelTokens::Refused),
                ("on", FrontChannelTokens::InsecureAllowed),
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
                client_id_documents,
                front_channel_tokens,
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

const HOW_TO_MAKE_A_ROOT: &str = "make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='` and store it with \
                                  `npx wrangler secret put KEK_1` (in development: .dev.vars, written by `cargo xtask dev`)";
const MOST_ROOTS: KekVersion = 9;
const SHORTEST_ADMIN_TOKEN: usize = 32;

struct Reader<F> {
    var: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.var)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    fn issuer(&mut self) -> Option<Issuer> {
        let parsed = match self.text("ISSUER") {
            Some(text) => Issuer::parse(&text),
            None => Err("is missing; set it to the https origin that people will see, in wrangler.toml under [vars]"),
        };
        parsed
            .map_err(|problem| self.problems.push(format!("ISSUER {problem}")))
            .ok()
    }

    fn origin(&mut self, name: &str) -> Option<Issuer> {
        let text = self.text(name)?;
        Issuer::parse(&text)
            .map_err(|problem| self.problems.push(format!("{name} {problem}")))
            .ok()
    }

    fn roots(&mut self) -> Option<RootKeys> {
        let mut roots = BTreeMap::new();
        for version in 1..=MOST_ROOTS {
            let Some(text) = self.text(&format!("KEK_{version}")) else {
                continue;
            };
            match parse_root(&text) {
                Ok(root) => _ = roots.insert(version, root),
                Err(problem) => self
                    .problems
                    .push(format!("KEK_{version} {problem}: {HOW_TO_MAKE_A_ROOT}")),
            }
        }
        let current = self
            .text("KEK_CURRENT")
            .map_or(Ok(1), |text| text.parse::<KekVersion>())
            .unwrap_or_default();
        if !(1..=MOST_ROOTS).contains(&current) {
            self.problems.push(format!(
                "KEK_CURRENT must be the number of a root key, 1 to {MOST_ROOTS}"
            ));
        } else if self.text(&format!("KEK_{current}")).is_none() {
            self.problems
                .push(format!("KEK_{current} is missing: {HOW_TO_MAKE_A_ROOT}"));
        }
        RootKeys::new(roots, current, self.text("EPOCH").unwrap_or_else(|| "1".to_owned()))
    }

    fn admin_token(&mut self) -> Option<AdminToken> {
        let text = self.text("ADMIN_TOKEN")?;
        if text.len() < SHORTEST_ADMIN_TOKEN || has_few_symbols(text.as_bytes()) {
            self.problems.push(format!(
                "ADMIN_TOKEN is too short or too plain: at least {SHORTEST_ADMIN_TOKEN} random characters, \
                 such as those of `openssl rand -hex 32`"
            ));
        }
        Some(AdminToken(text))
    }

    fn client_id_documents(&mut self) -> ClientIdDocuments {
        let parsed = self
            .text("CLIENT_ID_METADATA_DOCUMENTS")
            .map_or(Ok(ClientIdDocuments::Off), |text| ClientIdDocuments::parse(&text));
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("CLIENT_ID_METADATA_DOCUMENTS {problem}"));
            ClientIdDocuments::Off
        })
    }

    fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return default };
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                self.problems
                    .push(format!("{name} must be one of: {}", words.join(", ")));
                default
            }
        }
    }

    /// Some of `all`, separated by blanks; all of them where the variable is not set, and none for `none`.
    fn words(&mut self, name: &str, all: &[&str]) -> Vec<String> {
        let Some(text) = self.text(name).filter(|text| text != "none") else {
            let unset = self.text(name).is_none();
            return all.iter().filter(|_| unset).map(|word| (*word).to_owned()).collect();
        };
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        if !words.iter().all(|word| all.contains(&word.as_str())) {
            self.problems
                .push(format!("{name} must be none, or some of: {}", all.join(" ")));
        }
        words
    }

    fn lifetime(&mut self, name: &str, default: Lifetime, longest: Lifetime) -> Lifetime {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<i64>() {
            Ok(seconds) if (1..=longest.seconds()).contains(&seconds) => Lifetime(seconds),
            _ => {
                self.problems.push(format!(
                    "{name} must be a number of seconds from 1 to {}",
                    longest.seconds()
                ));
                default
            }
        }
    }
}

fn parse_root(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| "is not base64url")?;
    let root: [u8; 32] = bytes.try_into().map_err(|_| "is not 32 bytes long")?;
    if has_few_symbols(&root) {
        Err("is not random")
    } else {
        Ok(root)
    }
}

/// Whether a supposed secret is made of so few different bytes that nobody drew it at random. Of 32 random bytes, or of
/// 32 random hexadecimal digits, fewer than eight different ones do not happen.
fn has_few_symbols(secret: &[u8]) -> bool {
    secret.iter().collect::<std::collections::BTreeSet<_>>().len() < 8
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn parse(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::parse(|name| {
            vars.iter()
                .rev()
                .find(|(n, _)| *n == name)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    fn problem(extra: &[(&str, &str)]) -> String {
        let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT)];
        parse(&[&good, extra].concat()).unwrap_err().to_string()
    }

    #[test]
    fn a_complete_configuration_is_accepted() {
        let config = parse(&[("ISSUER", "http://localhost:8787"), ("KEK_1", ROOT)]).unwrap();
        assert_eq!(config.issuer.url("/token"), "http://localhost:8787/token");
        assert!(config.admin_token.is_none() && !config.server_timing);
    }

    #[test]
    fn people_may_edit_every_claim_or_those_that_are_named_or_none() {
        let editable = |value: &str| {
            let vars = [
                ("ISSUER", "https://id.acme.org"),
                ("KEK_1", ROOT),
                ("EDITABLE_CLAIMS", value),
            ];
            parse(&vars).unwrap().editable_claims
        };
        assert_eq!(editable(""), EDITABLE_CLAIMS);
        assert_eq!(editable("none"), [""; 0]);
        assert_eq!(editable(" name  picture"), ["name", "picture"]);
    }

    #[test]
    fn every_problem_is_named_at_once_and_how_to_mend_it() {
        let shown = parse(&[]).unwrap_err().to_string();
        assert!(
            shown.contains("ISSUER is missing") && shown.contains("KEK_1 is missing") && shown.contains("openssl rand")
        );
    }

    #[test]
    fn the_issuer_is_an_https_origin_and_not_the_example() {
        for issuer in [
            "https://id.example.com",
            "http://id.acme.org",
            "https://id.acme.org/",
            "https://id.acme.org/x",
            "https://ID.acme.org",
            "https://u:p@id.acme.org",
            "ftp://id.acme.org",
            "id.acme.org",
            "https://id.acme.org?x",
        ] {
            assert!(problem(&[("ISSUER", issuer)]).contains("ISSUER"), "{issuer}");
        }
    }

    #[test]
    fn short_plain_and_undecodable_roots_are_refused() {
        for root in ["", "AAAA", "not base64!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(problem(&[("KEK_1", root)]).contains("KEK_1"), "{root}");
        }
        assert!(problem(&[("KEK_CURRENT", "2")]).contains("KEK_2 is missing"));
        assert!(problem(&[("KEK_CURRENT", "x")]).contains("KEK_CURRENT"));
    }

    #[test]
    fn weak_admin_tokens_and_odd_values_are_refused() {
        assert!(problem(&[("ADMIN_TOKEN", "changeme")]).contains("ADMIN_TOKEN"));
        assert!(problem(&[("ADMIN_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]).contains("ADMIN_TOKEN"));
        assert!(problem(&[("FRONT_CHANNEL_TOKENS", "yes")]).contains("off, on"));
        assert!(problem(&[("INSECURE_LOOPBACK_FETCHES", "on")]).contains("INSECURE_LOOPBACK_FETCHES"));
        assert!(problem(&[("LOGOUT_REVOKES", "yes")]).contains("online, all, nothing"));
        assert!(problem(&[("MTLS_ORIGIN", "https://mtls.acme.org/x")]).contains("MTLS_ORIGIN"));
        assert!(problem(&[("REGISTRATION", "yes")]).contains("open, token, off"));
        for hosts in [
            "yes",
            "On",
            "off on",
            "https://app.acme.org",
            "App.acme.org",
            "*",
            "*.org/",
            "app.acme.org:443",
        ] {
            let shown = problem(&[("CLIENT_ID_METADATA_DOCUMENTS", hosts)]);
            assert!(
                shown.contains("CLIENT_ID_METADATA_DOCUMENTS must be off, on"),
                "{hosts}"
            );
        }
        assert!(problem(&[("EDITABLE_CLAIMS", "name sub")]).contains("EDITABLE_CLAIMS must be none"));
        assert!(problem(&[("CODE_LIFETIME", "601")]).contains("from 1 to 600"));
    }
}
