//! Resource indicators (RFC 8707): for which APIs an access token is, and for which it is not.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    error::{ErrorCode, OAuthError},
    jose::audience::Audience,
    params::{Params, RESOURCE},
    protected_resource,
    scope::Scope,
};
use crate::config::{Api, Config, lookup_key, normal_form};

/// The most that one request may name, the same one twice counted twice.
const MOST: usize = 8;

/// The most that are looked up at once, which are those of a page of grants.
const MOST_LOOKED_UP: usize = 200;

/// In a set of APIs: Limen's own. It is no URI.
pub(super) const OWN: &str = "own";

/// APIs by the identifiers that they have in `aud`; all of Limen's own are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets(BTreeSet<String>);

impl Targets {
    /// What `resource` names; nothing, where it is not there. "Multiple resource parameters MAY be used to indicate that the
    /// requested token is intended to be used at multiple resources" (section 2).
    ///
    /// # Errors
    /// `invalid_target`: "The requested resource is invalid, missing, unknown, or malformed."
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        Self::named(params, &[RESOURCE], config)
    }

    /// The same of several parameters, such as `audience` of RFC 8693 section 2.1.
    ///
    /// # Errors
    /// As [`Targets::parse`].
    pub fn named(params: &Params, names: &[&str], config: &Config) -> Result<Self, OAuthError> {
        let uris = || names.iter().flat_map(|name| params.all(name));
        if uris().count() > MOST {
            return Err(invalid("resource is given more than 8 times"));
        }
        uris().map(|uri| target(uri, config)).collect()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// What is named beside Limen's own APIs, on which a person has a say.
    pub fn foreign(&self) -> Self {
        self.0.iter().filter(|target| *target != OWN).cloned().collect()
    }

    /// What a person allows at APIs by allowing `scope`: each API that is named, and each scope of those that are [`meant`](Self::meant), as the
    /// identifier and the scope with a blank between, which no identifier has. Who allows something at one API has not allowed it at another
    /// that calls something else so.
    pub fn allowed_with(&self, scope: &Scope, config: &Config) -> Self {
        let mut allowed = self.foreign();
        for api in self.meant(config) {
            let asked = api.scopes().filter(|own| scope.contains(own));
            allowed.0.extend(asked.map(|own| format!("{} {own}", api.identifier)));
        }
        allowed
    }

    /// Of what a person allowed, the APIs alone.
    pub fn without_scopes(&self) -> Self {
        self.0.iter().filter(|target| !target.contains(' ')).cloned().collect()
    }

    /// Of what a person allows, the scopes that `allowed` lacks at one of the APIs.
    pub fn scopes_beyond(&self, allowed: &Self) -> Scope {
        let lacking = self.0.difference(&allowed.0);
        lacking
            .filter_map(|target| target.split_once(' '))
            .map(|(_, scope)| scope)
            .collect()
    }

    /// The registered ones among them.
    pub fn apis<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = &'a Api> {
        self.0.iter().filter_map(|target| config.resources.find(target))
    }

    /// The APIs whose words people are told of a scope: those among them, for which its tokens are. What names none may come to be for one of
    /// the settings that has the scope.
    pub fn meant<'a>(&self, config: &'a Config) -> Vec<&'a Api> {
        let is_any = self.foreign().is_empty();
        let all = config.resources.iter();
        let meant = all.filter(|(_, api)| match is_any {
            true => api.declared.is_none(),
            false => self.contains(&api.identifier),
        });
        meant.map(|(_, api)| api).collect()
    }

    /// What people can let apps do at the APIs among them.
    pub fn scopes(&self, config: &Config) -> Scope {
        self.apis(config).flat_map(Api::scopes).collect()
    }

    /// Those of them that an app may ask people for which did not register them.
    pub fn open_scopes(&self, config: &Config) -> Scope {
        let open = self.apis(config).filter(|api| api.is_open);
        open.flat_map(Api::scopes).collect()
    }

    /// What an app has at them without a registration, for they name it: where several have a scope of that name, all of these must.
    pub fn given_scopes(&self, config: &Config) -> Scope {
        let not_given = |api: &Api| api.scopes().collect::<Scope>().difference(&api.given().collect());
        let elsewhere: Vec<Scope> = self.apis(config).map(not_given).collect();
        let given: Scope = self.apis(config).flat_map(Api::given).collect();
        elsewhere.iter().fold(given, |given, other| given.difference(other))
    }

    /// `scope` without what is not for the app at one of them: each takes the token for what it says. Where one of them lists what the app
    /// may ask for, that is a scope of no API, too.
    pub fn without_withheld(&self, scope: &Scope, config: &Config) -> Scope {
        let withheld: Scope = self.apis(config).flat_map(Api::withheld).collect();
        let scope = scope.difference(&withheld);
        match self.apis(config).any(Api::is_limited) {
            true => scope.intersection(&Scope::with_a_meaning(config)),
            false => scope,
        }
    }

    /// Those among them that operators declared.
    pub fn declared(&self, config: &Config) -> Self {
        let declared = self.apis(config).filter(|api| api.declared.is_some());
        declared.map(|api| api.identifier.clone()).collect()
    }

    /// These and `others`.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// `scope` as a token for these has it: without what belongs to other APIs. A token for Limen, which is for no other API, has
    /// what its client was given.
    pub fn scope_of_token(&self, scope: Scope, config: &Config) -> Scope {
        if self.foreign().is_empty() {
            return scope;
        }
        let others: Scope = config.resources.scopes().collect();
        self.without_withheld(&scope.difference(&others.difference(&self.scopes(config))), config)
    }

    /// Whether `target` is among them.
    pub fn contains(&self, target: &str) -> bool {
        self.0.contains(target)
    }

    /// Whether `self` has nothing that `other` has not.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identifiers of those that are registered still.
    pub fn identifiers<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = &'a str> {
        let own = self.contains(OWN).then(|| config.issuer.as_str());
        own.into_iter()
            .chain(self.apis(config).map(|api| api.identifier.as_str()))
    }

    /// The audience of a token from a grant for `self`, where the client wants a part of it, or names nothing and gets all: "the
    /// requested resource is applicable to the full authorization grant" (section 2.1). For Limen's own APIs every grant is
    /// good; what its tokens may do there, their scope says. A grant for no API may be good for one that is named later: whether
    /// the client may have it, the statement decides that uses the grant up.
    ///
    /// # Errors
    /// `invalid_target` for what the person did not grant, and where the deployment knows none of it any more.
    pub fn audience(&self, wanted: &Self, config: &Config) -> Result<Audience, OAuthError> {
        if !self.foreign().is_empty() && !wanted.foreign().is_subset(self) {
            return Err(not_granted());
        }
        // A person is asked for it by name.
        if wanted
            .apis(config)
            .any(|api| !api.is_open && !self.contains(&api.identifier))
        {
            return Err(not_granted());
        }
        let chosen = if wanted.is_empty() { self } else { wanted };
        if chosen.is_empty() {
            return Ok(Audience::One(config.issuer.as_str().to_owned()));
        }
        let known = chosen.identifiers(config).map(str::to_owned);
        Audience::of(known).ok_or_else(not_known)
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, target) in self.0.iter().enumerate() {
            write!(f, "{}{target}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromIterator<String> for Targets {
    fn from_iter<I: IntoIterator<Item = String>>(targets: I) -> Self {
        Self(targets.into_iter().collect())
    }
}

/// What a token can be for now, as it may be written in a grant: an API goes by the identifier that the operator gave it then,
/// with or without the slash that URL parsers add.
pub fn known(config: &Config) -> Targets {
    // Of those that operators declared the statement finds out itself.
    let read = config.resources.iter().filter(|(_, api)| api.declared.is_none());
    let apis = read.flat_map(|(normal, api)| {
        let bare = normal.strip_suffix('/').unwrap_or(normal);
        [normal.to_owned(), bare.to_owned(), api.identifier.clone()]
    });
    apis.chain([OWN.to_owned()]).collect()
}

/// What `uris` name that may be APIs which operators declared, by the keys of these: no API of Limen's own, and none that is known.
pub fn to_look_up<'a>(uris: impl Iterator<Item = &'a str>, config: &Config) -> Vec<String> {
    let unknown = |uri: &&str| {
        let is_own = |normal: String| {
            protected_resource::has_tokens(&normal, config) || protected_resource::admin_api(&normal, config).is_some()
        };
        config.resources.find(uri).is_none() && !normal_form(uri).is_some_and(is_own)
    };
    let mut keys = BTreeSet::new();
    for key in uris.filter(unknown).filter_map(lookup_key) {
        if keys.len() < MOST_LOOKED_UP {
            keys.insert(key);
        }
    }
    keys.into_iter().collect()
}

/// The error for a grant of whose APIs the deployment knows none any more.
pub fn not_known() -> OAuthError {
    invalid("the APIs that this is for are not known any more, or not open to this client any more")
}

/// The error for an API that is not among those that were granted.
pub fn not_granted() -> OAuthError {
    invalid("resource names an API that was not granted with it")
}

/// The error where nothing of the scopes that are asked for is left for a token.
pub fn none_left() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidScope,
        "none of the scopes is for the APIs that the token is for, or for this client there: name others, or name none",
    )
}

/// The API that is asked for, by what it goes by in `aud`. "The authorization server may use the exact resource value as the audience or
/// it may map from that value to a more general URI" (section 2).
fn target(uri: &str, config: &Config) -> Result<String, OAuthError> {
    let normal = normal_form(uri).ok_or_else(|| invalid("resource must be an absolute URI without a fragment"))?;
    if protected_resource::has_tokens(&normal, config) {
        return Ok(OWN.to_owned());
    }
    match protected_resource::admin_api(&normal, config).or_else(|| config.resources.find(uri)) {
        Some(api) => Ok(api.identifier.clone()),
        None if protected_resource::is_admin_api(&normal, config) => Err(invalid(
            "resource is the admin API, which takes no access tokens here: the operator lets it with ADMIN_ACCESS_TOKENS",
        )),
        None => Err(invalid(
            "resource is no API that is registered here and open to this client: operators do that at the admin API, or with RESOURCES",
        )),
    }
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.acme.org";
    const FILES: &str = "https://mcp.acme.org/mcp";
    const CALENDAR: &str = "https://cal.acme.org";

    fn config(resources: &str) -> Config {
        let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let vars = [("ISSUER", ISSUER), ("KEK_1", root), ("RESOURCES", resources)];
        let var = |name: &str| {
            vars.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, text)| (*text).to_owned())
        };
        Config::parse(var).unwrap()
    }

    fn here() -> Config {
        config(&format!(r#"{{"{FILES}": "Files", "{CALENDAR}": "Calendar"}}"#))
    }

    fn parse(uris: &[&str]) -> Result<Targets, OAuthError> {
        let pairs = uris.iter().map(|uri| (RESOURCE.to_owned(), (*uri).to_owned()));
        Targets::parse(&Params::of_pairs(pairs).unwrap(), &here())
    }

    fn audience(granted: &[&str], wanted: &[&str]) -> Result<Audience, ErrorCode> {
        let (granted, wanted) = (parse(granted).unwrap(), parse(wanted).unwrap());
        granted.audience(&wanted, &here()).map_err(|error| error.code)
    }

    #[test]
    fn what_is_allowed_is_allowed_at_one_api() {
        let config = config(&format!(
            r#"{{"{FILES}": {{"name": "Files", "scopes": {{"read": "See", "write": "Change"}}}},
                 "{CALENDAR}": {{"name": "Calendar", "scopes": {{"write": "Plan"}}}}}}"#
        ));
        let allowed = |named: &[&str], scope: &str| {
            let named: Targets = named.iter().map(|uri| (*uri).to_owned()).collect();
            named.allowed_with(&Scope::parse(scope).unwrap(), &config)
        };
        let at_files = allowed(&[FILES, OWN], "openid write");
        assert_eq!(
            at_files.iter().collect::<Vec<_>>(),
            [FILES, "https://mcp.acme.org/mcp write"]
        );
        let at_calendar = allowed(&[CALENDAR], "write");
        assert_eq!(at_calendar.scopes_beyond(&at_files).to_string(), "write");
        assert!(at_files.scopes_beyond(&at_files).is_empty());
        let anywhere = allowed(&[], "write read");
        assert_eq!(anywhere.iter().count(), 3, "people are told of all that have it");
        assert!(anywhere.without_scopes().is_empty() && at_files.without_scopes().contains(FILES));
    }

    fn several(targets: &[&str]) -> Audience {
        Audience::of(targets.iter().map(|target| (*target).to_owned())).unwrap()
    }

    #[test]
    fn a_token_is_for_the_apis_that_were_asked_for_and_without_them_for_limen() {
        assert_eq!(audience(&[], &[]), Ok(several(&[ISSUER])));
        assert_eq!(audience(&[FILES], &[]), Ok(several(&[FILES])));
        assert_eq!(audience(&[FILES, FILES], &[FILES]), Ok(several(&[FILES])));
        assert_eq!(
            audience(&["https://cal.acme.org/", FILES], &[]),
            Ok(several(&[CALENDAR, FILES]))
        );
        assert_eq!(audience(&[CALENDAR, FILES], &[FILES]), Ok(several(&[FILES])));
    }

    #[test]
    fn limens_own_apis_go_by_the_issuer_and_every_grant_is_good_for_them() {
        for own in [
            "https://id.acme.org",
            "https://id.acme.org/",
            "https://id.acme.org/userinfo",
        ] {
            assert_eq!(audience(&[own], &[]), Ok(several(&[ISSUER])), "{own}");
            assert_eq!(audience(&[FILES], &[own]), Ok(several(&[ISSUER])), "{own}");
            assert_eq!(audience(&[], &[own]), Ok(several(&[ISSUER])), "{own}");
            assert_eq!(audience(&[FILES, own], &[]), Ok(several(&[ISSUER, FILES])), "{own}");
        }
    }

    #[test]
    fn what_was_not_granted_no_token_is_for() {
        assert_eq!(audience(&[FILES], &[CALENDAR]), Err(ErrorCode::InvalidTarget));
        assert_eq!(audience(&[CALENDAR], &[CALENDAR, FILES]), Err(ErrorCode::InvalidTarget));
    }

    /// Whether the client may have it, the statement decides: `db::grants::apis_named_late`.
    #[test]
    fn a_grant_for_no_api_is_good_for_one_that_is_named_later() {
        assert_eq!(audience(&[], &[FILES]), Ok(several(&[FILES])));
        assert_eq!(audience(&[ISSUER], &[FILES]), Ok(several(&[FILES])));
    }

    #[test]
    fn of_a_scope_those_apis_alone_speak_that_a_request_is_for() {
        let config = config(&format!(
            r#"{{"{FILES}": {{"name": "Files", "scopes": {{"read": "Read files"}}}},
                 "{CALENDAR}": {{"name": "Calendar", "scopes": {{"read": "Read the calendar"}}}}}}"#
        ));
        let of = |targets: &[&str]| {
            let targets: Targets = targets.iter().map(|target| (*target).to_owned()).collect();
            let meant: Vec<_> = targets.meant(&config).iter().map(|api| api.name.clone()).collect();
            meant
        };
        assert_eq!(of(&[FILES]), ["Files"]);
        assert_eq!(of(&[CALENDAR, FILES, OWN]), ["Calendar", "Files"]);
        assert_eq!(of(&["https://gone.acme.org"]), [""; 0]);
        for any in [of(&[]), of(&[OWN])] {
            assert_eq!(any, ["Calendar", "Files"], "it may be named later");
        }
    }

    #[test]
    fn what_is_known_takes_no_place_among_what_is_looked_up() {
        let config = config(&format!(r#"{{"{FILES}": "Files"}}"#));
        let many: Vec<_> = (0..300).map(|n| format!("https://api-{n:03}.acme.org")).collect();
        let named = std::iter::repeat_n(FILES, 300).chain(std::iter::repeat_n("https://api-000.acme.org", 300));
        let keys = to_look_up(named.chain(many.iter().map(String::as_str)), &config);
        assert_eq!(keys.len(), MOST_LOOKED_UP);
        assert_eq!(keys.last().map(String::as_str), Some("https://api-199.acme.org/"));
    }

    /// RFC 8707 section 2.2: "the authorization server ... can downscope".
    #[test]
    fn a_token_has_no_scopes_of_apis_that_it_is_not_for() {
        let config = config(&format!(
            r#"{{"{FILES}": {{"name": "Files", "scopes": {{"files:read": "Read", "both": "Use"}}}},
                 "{CALENDAR}": {{"name": "Calendar", "scopes": {{"cal:read": "Read", "both": "Use"}}}}}}"#
        ));
        let all = Scope::parse("openid files:read cal:read both notes").unwrap();
        let of = |targets: &[&str]| {
            let targets: Targets = targets.iter().map(|target| (*target).to_owned()).collect();
            targets.scope_of_token(all.clone(), &config).to_string()
        };
        assert_eq!(of(&[FILES]), "both files:read notes openid");
        assert_eq!(of(&[CALENDAR]), "both cal:read notes openid");
        assert_eq!(of(&[CALENDAR, FILES, OWN]), "both cal:read files:read notes openid");
        assert_eq!(of(&[]), all.to_string());
        assert_eq!(of(&[OWN]), all.to_string());
    }

    #[test]
    fn what_is_malformed_unknown_or_too_much_is_an_invalid_target() {
        for uri in [
            "mcp.acme.org",
            "https://mcp.acme.org/mcp#x",
            "https://other.acme.org",
            "https://id.acme.org/token",
            "https://id.acme.org/admin/api/users",
            "https://id.acme.org.evil.test/userinfo",
        ] {
            assert_eq!(parse(&[uri]).unwrap_err().code, ErrorCode::InvalidTarget, "{uri}");
            assert_eq!(
                parse(&[FILES, uri]).unwrap_err().code,
                ErrorCode::InvalidTarget,
                "{uri}"
            );
        }
        assert!(parse(&[FILES; 8]).is_ok());
        assert_eq!(parse(&[FILES; 9]).unwrap_err().code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn an_api_that_is_not_registered_any_more_gets_no_token_and_limen_does_not_take_its_place() {
        let later = config(&format!(r#"{{"{CALENDAR}": "Calendar"}}"#));
        let nothing = Targets::default();
        let both = parse(&[CALENDAR, FILES]).unwrap();
        assert_eq!(both.audience(&nothing, &later), Ok(several(&[CALENDAR])));
        let gone = parse(&[FILES]).unwrap().audience(&nothing, &later);
        assert_eq!(gone.unwrap_err().code, ErrorCode::InvalidTarget);
    }
}
