//! Reads client metadata out of a JSON object (RFC 7591 section 2): every refusal names the field, none repeats its
//! value.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    keys::{ClientKeys, PublicJwks, TlsSubject},
    localized::LocalizedText,
    refusal::refusal,
    supported::Supported,
    text::{self, Parsed},
    values::{Encryption, named},
};
use crate::{
    config::PrivateHttp,
    oidc::{
        client::{
            claim_path::ClaimPath,
            exchange_rule::ExchangeRule,
            id_jag_rule::IdJagRule,
            own_claim::OwnClaim,
            redirect_uri::{ApplicationType, RedirectUri},
        },
        error::OAuthError,
        scope::Scope,
    },
    time::Lifetime,
    web::fetch_url::LoopbackFetches,
    web::language_tag::is_language_tag,
};

/// The most entries that a list may have.
const MOST_ENTRIES: usize = 50;

/// The members of one JSON object.
pub(super) struct Fields<'a> {
    json: &'a Map<String, Value>,
    /// Values from storage were checked when they came in, perhaps under older rules: they are taken as they are.
    stored: bool,
    loopback: LoopbackFetches,
    private_http: PrivateHttp,
}

impl<'a> Fields<'a> {
    /// What a client sent.
    pub(super) fn sent(json: &'a Map<String, Value>, supported: &Supported) -> Self {
        Self {
            json,
            stored: false,
            loopback: supported.loopback_fetches,
            private_http: supported.private_http,
        }
    }

    /// What Limen wrote.
    pub(super) fn stored(json: &'a Map<String, Value>) -> Self {
        Self {
            json,
            stored: true,
            loopback: LoopbackFetches::Refused,
            private_http: PrivateHttp::Refused,
        }
    }

    /// A string, read by `parse`.
    pub(super) fn text<T: DeserializeOwned>(&self, field: &str, parse: impl Fn(&str) -> Parsed<T>) -> Read<Option<T>> {
        self.value(field)
            .map(|value| self.string(value, parse))
            .transpose()
            .map_err(|why| refusal(field, why))
    }

    /// An array of strings, each read by `parse`. Empty when absent.
    pub(super) fn texts<T: DeserializeOwned>(&self, field: &str, parse: impl Fn(&str) -> Parsed<T>) -> Read<Vec<T>> {
        let Some(value) = self.value(field) else {
            return Ok(Vec::new());
        };
        let entries = value.as_array().filter(|entries| entries.iter().all(Value::is_string));
        let entries = entries.ok_or_else(|| refusal(field, "must be an array of strings"))?;
        if entries.len() > MOST_ENTRIES {
            return Err(refusal(field, "has more than 50 entries"));
        }
        let parsed: Parsed<_> = entries.iter().map(|entry| self.string(entry, &parse)).collect();
        parsed.map_err(|why| refusal(field, why))
    }

    /// A string in several languages, each read by `parse`.
    pub(super) fn localized(&self, field: &str, parse: impl Fn(&str) -> Parsed<String>) -> Read<LocalizedText> {
        let is_variant = |rest: &str| rest.is_empty() || rest.starts_with('#');
        let variants = self
            .json
            .keys()
            .filter(|member| member.strip_prefix(field).is_some_and(is_variant));
        if variants.clone().count() > MOST_ENTRIES {
            return Err(refusal(field, "is given in more than 50 languages"));
        }
        let mut texts = LocalizedText::default();
        for member in variants {
            let tag = member.split_once('#').map(|(_, tag)| tag);
            if !tag.is_none_or(is_language_tag) {
                return Err(refusal(field, "has a language tag that is not well-formed"));
            }
            if let Some(value) = self.value(member) {
                texts.insert(tag, self.string(value, &parse).map_err(|why| refusal(field, why))?);
            }
        }
        Ok(texts)
    }

    /// The address of something that Limen fetches.
    pub(super) fn fetched(&self, field: &str) -> Read<Option<String>> {
        self.text(field, |text| text::fetched(text, self.loopback))
    }

    /// `scope`. Absent, null or empty means what Limen gives who does not say; blanks alone name nothing and are no scope (RFC
    /// 6749 section 3.3). In storage an empty text is a client that may ask for no scope at all.
    pub(super) fn scope(&self) -> Read<Option<Scope>> {
        if self.stored && self.json.get("scope").and_then(Value::as_str) == Some("") {
            return Ok(Some(Scope::default()));
        }
        let scope = |text: &str| Scope::parse(text).ok().filter(|scope| !scope.is_empty());
        self.text("scope", |text| scope(text).ok_or("must be scopes separated by spaces"))
    }

    /// An address to which people are sent back.
    pub(super) fn redirect_uri(&self, text: &str, application: ApplicationType) -> Parsed<RedirectUri> {
        RedirectUri::register(text, application, self.private_http)
    }

    /// Addresses of request objects.
    pub(super) fn request_uris(&self) -> Read<Vec<String>> {
        self.texts("request_uris", |text| text::request_uri(text, self.loopback))
    }

    /// Whether it says nothing of a member.
    pub(super) fn leaves_out(&self, field: &str) -> bool {
        self.value(field).is_none()
    }

    /// A boolean. False when absent.
    pub(super) fn flag(&self, field: &str) -> Read<bool> {
        self.value(field)
            .map_or(Some(false), Value::as_bool)
            .ok_or_else(|| refusal(field, "must be true or false"))
    }

    /// A span of time in whole seconds.
    pub(super) fn seconds(&self, field: &str) -> Read<Option<Lifetime>> {
        let Some(value) = self.value(field) else {
            return Ok(None);
        };
        match value.as_i64() {
            Some(seconds) if seconds >= 0 => Ok(Some(Lifetime(seconds))),
            _ => Err(refusal(field, "must be a whole number of seconds, zero or more")),
        }
    }

    /// The pair `<prefix>_alg` and `<prefix>_enc`. "When `..._enc` is included, `..._alg` MUST also be provided."
    pub(super) fn encryption(&self, prefix: &str) -> Read<Option<Encryption>> {
        let (alg_field, enc_field) = (format!("{prefix}_alg"), format!("{prefix}_enc"));
        match (self.text(&alg_field, named)?, self.text(&enc_field, named)?) {
            (Some(alg), enc) => Ok(Some(Encryption {
                alg,
                enc: enc.unwrap_or_default(),
            })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(refusal(&enc_field, &format!("needs {alg_field}"))),
        }
    }

    /// `jwks` or `jwks_uri`.
    pub(super) fn keys(&self) -> Read<Option<ClientKeys>> {
        let uri = self.fetched("jwks_uri")?.map(ClientKeys::At);
        let Some(jwks) = self.value("jwks") else { return Ok(uri) };
        if uri.is_some() {
            return Err(refusal("jwks", "must not be given together with jwks_uri"));
        }
        let jwks = if self.stored {
            PublicJwks::deserialize(jwks).map_err(|_| "must be a JWK set")
        } else {
            PublicJwks::parse(jwks)
        };
        jwks.map(ClientKeys::Registered)
            .map(Some)
            .map_err(|why| refusal("jwks", why))
    }

    /// The one `tls_client_auth_*` that is given.
    pub(super) fn tls_subject(&self) -> Read<Option<TlsSubject>> {
        let given = [
            self.text("tls_client_auth_subject_dn", text::distinguished_name)?
                .map(TlsSubject::Dn),
            self.text("tls_client_auth_san_dns", text::certificate_name)?
                .map(TlsSubject::SanDns),
            self.text("tls_client_auth_san_uri", text::certificate_name)?
                .map(TlsSubject::SanUri),
            self.text("tls_client_auth_san_ip", text::ip_address)?
                .map(TlsSubject::SanIp),
            self.text("tls_client_auth_san_email", text::certificate_name)?
                .map(TlsSubject::SanEmail),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (subject, None) => Ok(subject),
            _ => Err(refusal(
                "tls_client_auth_subject_dn",
                "and the tls_client_auth_san fields exclude each other",
            )),
        }
    }

    /// One of a few words; the usual one when absent.
    pub(super) fn choice<T: Default>(&self, field: &str, parse: impl Fn(&str) -> Option<T>) -> Read<T> {
        match self.value(field) {
            None => Ok(T::default()),
            Some(value) => value
                .as_str()
                .and_then(parse)
                .ok_or_else(|| refusal(field, "is not one of those that there are")),
        }
    }

    /// Where a claim is told.
    pub(super) fn claim_path(&self, field: &str) -> Read<Option<ClaimPath>> {
        let path = |value: &Value| {
            let path = ClaimPath::parse(value).filter(|path| self.stored || path.is_plain());
            path.ok_or_else(|| refusal(field, &ClaimPath::problem(value)))
        };
        self.value(field).map(path).transpose()
    }

    /// `token_exchange`.
    pub(super) fn token_exchange(&self) -> Read<ExchangeRule> {
        let field = "token_exchange";
        let rule = |value| ExchangeRule::parse(value).ok_or_else(|| refusal(field, ExchangeRule::RULE));
        Ok(self.value(field).map(rule).transpose()?.unwrap_or_default())
    }

    /// `own_claims`.
    pub(super) fn own_claims(&self) -> Read<Vec<OwnClaim>> {
        let field = "own_claims";
        let claims = |value: &Value| {
            let claims = OwnClaim::parse_all(value);
            let claims = claims.filter(|claims| self.stored || claims.iter().all(OwnClaim::is_plain));
            claims.ok_or_else(|| refusal(field, &OwnClaim::problem(value)))
        };
        Ok(self.value(field).map(claims).transpose()?.unwrap_or_default())
    }

    /// `id_jag`.
    pub(super) fn id_jag(&self) -> Read<Vec<IdJagRule>> {
        let field = "id_jag";
        let rules = |value| IdJagRule::parse_all(value).ok_or_else(|| refusal(field, IdJagRule::RULE));
        Ok(self.value(field).map(rules).transpose()?.unwrap_or_default())
    }

    /// `allowed_groups`. An empty list would be read as everybody by some and as nobody by others.
    pub(super) fn allowed_groups(&self) -> Read<Vec<String>> {
        let field = "allowed_groups";
        let groups = self.texts(field, |id| Ok(id.to_owned()))?;
        match groups.is_empty() && self.value(field).is_some() {
            true => Err(refusal(field, "must name a group; null is for everybody")),
            false => Ok(groups),
        }
    }

    /// Whether Limen wrote it.
    pub(super) fn are_stored(&self) -> bool {
        self.stored
    }

    /// The value of a member. "Omitted fields MUST be treated as null or empty values" (RFC 7592 section 2.2), and so
    /// those as omitted.
    fn value(&self, field: &str) -> Option<&'a Value> {
        self.json
            .get(field)
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    fn string<T: DeserializeOwned>(&self, value: &Value, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<T> {
        let text = value.as_str().ok_or("must be a string")?;
        if self.stored { named(text) } else { parse(text) }
    }
}

type Read<T> = Result<T, OAuthError>;
