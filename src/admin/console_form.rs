//! What a form of the console asks for. Each thing is a call of the admin API, and needs what that call needs.

use serde_json::{Value, json};

use super::{
    api_key::{MOST_DAYS, WantedKey},
    group::Stated,
    role::{Holder, RoleOfHolder},
    webhook::Stated as StatedWebhook,
};
use crate::{
    account::group::{Group, Label},
    config::{Attributes, SecondFactor},
    oidc::{error::OAuthError, params::Params},
    routes::{Endpoint, Method},
    time::{Lifetime, UnixTime},
    web::fetch_url::LoopbackFetches,
};

/// The one thing that a form asks for: `do` and what is done; or what is done, which is one of `names`, and the id of what it is done to.
///
/// # Errors
/// `invalid_request` for a form that asks for nothing, or for several things.
pub fn asked<'a>(form: &'a Params, names: &[&'static str]) -> Result<(&'static str, &'a str), OAuthError> {
    let mut found = None;
    for name in ["do"].iter().chain(names) {
        let Some(value) = form.single(name)? else { continue };
        if found.replace((*name, value)).is_some() {
            return Err(unknown());
        }
    }
    found.ok_or_else(unknown)
}

/// The form asks for nothing that there is.
pub fn unknown() -> OAuthError {
    OAuthError::invalid_request("the form must ask for one thing that there is")
}

/// What is done to a group.
#[derive(Debug)]
pub enum GroupAction<'a> {
    /// Another name, and whether its people need a second factor.
    Save(Stated, Shown<'a>),
    Delete,
    /// Somebody by their username or address.
    Add(&'a str),
    /// By the id of the person.
    Remove(&'a str),
    /// At the app of that id.
    GiveRole(&'a str, RoleOfHolder),
    TakeRole(&'a str, RoleOfHolder),
}

impl<'a> GroupAction<'a> {
    /// Reads a form about the group of that id.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params, group_id: &str, policy: SecondFactor) -> Result<Self, OAuthError> {
        let role = |text: &str| {
            let role = Label::parse(text.trim());
            let role = role.ok_or_else(|| OAuthError::invalid_request(format!("a role {}", Label::RULE)))?;
            Ok::<_, OAuthError>(RoleOfHolder {
                role,
                holder: Holder::Group(group_id.to_owned()),
            })
        };
        Ok(match asked(form, &["remove", "take_role"])? {
            ("do", "save") => Self::Save(stated(form, policy)?, Shown::of(form)?),
            ("do", "delete") => Self::Delete,
            ("do", "add") => Self::Add(form.single("login")?.unwrap_or_default().trim()),
            ("do", "give_role") => Self::GiveRole(
                form.single("app")?.unwrap_or_default().trim(),
                role(form.single("role")?.unwrap_or_default())?,
            ),
            ("remove", user_id) => Self::Remove(user_id),
            ("take_role", both) => {
                let (client_id, name) = both.split_once(' ').ok_or_else(unknown)?;
                Self::TakeRole(client_id, role(name)?)
            }
            _ => return Err(unknown()),
        })
    }

    /// The call of the admin API that does the same.
    pub fn call(form: &Params) -> Result<(Endpoint, Method), OAuthError> {
        Ok(match asked(form, &["remove", "take_role"])? {
            ("do", "save") => (Endpoint::AdminGroup, Method::Patch),
            ("do", "delete") => (Endpoint::AdminGroup, Method::Delete),
            ("do", "add") => (Endpoint::AdminGroupMember, Method::Put),
            ("remove", _) => (Endpoint::AdminGroupMember, Method::Delete),
            ("do", "give_role") | ("take_role", _) => (Endpoint::AdminClientRoles, Method::Post),
            _ => return Err(unknown()),
        })
    }
}

/// What the form about a group was made of: what somebody else has decided since is not taken back unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    pub name: &'a str,
    pub second_factor_required: bool,
}

impl<'a> Shown<'a> {
    fn of(form: &'a Params) -> Result<Self, OAuthError> {
        let shown = form.single("shown")?.and_then(|shown| shown.split_once(' '));
        let (factor, name) = shown.ok_or_else(unknown)?;
        Ok(Self {
            name,
            second_factor_required: factor == "yes",
        })
    }

    /// As the form carries it.
    pub fn to_field(self) -> String {
        let factor = if self.second_factor_required { "yes" } else { "no" };
        format!("{factor} {}", self.name)
    }
}

impl<'a> From<&'a Group> for Shown<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            name: group.name.as_str(),
            second_factor_required: group.second_factor_required,
        }
    }
}

/// The name of a new group.
///
/// # Errors
/// `invalid_request`.
pub fn new_group(form: &Params, policy: SecondFactor) -> Result<Stated, OAuthError> {
    let name = form.single("name")?.unwrap_or_default().trim();
    Stated::parse(
        json!({ "name": name }).to_string().as_bytes(),
        policy,
        &Attributes::default(),
    )
}

/// The settings of a group. A box that is not ticked is not sent.
fn stated(form: &Params, policy: SecondFactor) -> Result<Stated, OAuthError> {
    let name = form.single("name")?.unwrap_or_default().trim();
    let body = match policy {
        // The form has no such box.
        SecondFactor::Off => json!({ "name": name }),
        _ => json!({ "name": name, "second_factor_required": form.single("factor")?.is_some() }),
    };
    Stated::parse(body.to_string().as_bytes(), policy, &Attributes::default())
}

/// What is done to the deployment.
#[derive(Debug)]
pub enum SystemAction<'a> {
    /// By the `kid` of the key.
    Rotate(&'a str),
    Revoke(&'a str),
    MakeApiKey,
    /// By its id.
    EndApiKey(&'a str),
}

impl<'a> SystemAction<'a> {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        Ok(match asked(form, &["retire", "revoke", "end_api_key"])? {
            ("do", "make_key") => Self::MakeApiKey,
            ("retire", kid) => Self::Rotate(kid),
            ("revoke", kid) => Self::Revoke(kid),
            ("end_api_key", id) => Self::EndApiKey(id),
            _ => return Err(unknown()),
        })
    }

    /// The call of the admin API that does the same.
    pub fn call(&self) -> (Endpoint, Method) {
        match self {
            Self::Rotate(_) => (Endpoint::AdminKeyRetirement, Method::Post),
            Self::Revoke(_) => (Endpoint::AdminKeyRotation, Method::Post),
            Self::MakeApiKey => (Endpoint::AdminApiKeys, Method::Post),
            Self::EndApiKey(_) => (Endpoint::AdminApiKey, Method::Delete),
        }
    }
}

/// The key of the admin API that a form describes.
///
/// # Errors
/// `invalid_request`.
pub fn wanted_key(form: &Params) -> Result<WantedKey, OAuthError> {
    let days = form.single("days")?.unwrap_or_default().trim();
    let scopes: Vec<_> = form.all("scope").collect();
    let mut body = json!({ "name": form.single("name")?.unwrap_or_default().trim(), "scopes": scopes });
    if !days.is_empty()
        && let Value::Object(members) = &mut body
    {
        members.insert("expires_in".to_owned(), seconds_of_days(days)?);
    }
    WantedKey::parse(body.to_string().as_bytes())
}

/// So many days in seconds, as JSON.
///
/// # Errors
/// `invalid_request`.
pub(super) fn seconds_of_days(days: &str) -> Result<Value, OAuthError> {
    let number = days.parse::<i64>().ok();
    let number = number.filter(|days| (1..=MOST_DAYS).contains(days));
    let wrong = || OAuthError::invalid_request(format!("days must be a whole number from 1 to {MOST_DAYS}"));
    number
        .map(|days| Lifetime::days(days).seconds().into())
        .ok_or_else(wrong)
}

/// What is done to a mail.
#[derive(Debug, PartialEq, Eq)]
pub enum MailAction<'a> {
    Retry(&'a str),
    Delete(&'a str),
}

impl<'a> MailAction<'a> {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        match asked(form, &["retry", "delete"])? {
            ("retry", id) => Ok(Self::Retry(id)),
            ("delete", id) => Ok(Self::Delete(id)),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(&self) -> (Endpoint, Method) {
        match self {
            Self::Retry(_) => (Endpoint::AdminMailRetry, Method::Post),
            Self::Delete(_) => (Endpoint::AdminMail, Method::Delete),
        }
    }
}

/// What is done to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAction {
    Save,
    /// Switched on, or taken up again; or off.
    Switch(bool),
    Test,
    /// With the secrets before ended at once, or signing for a while, too.
    RenewSecret {
        at_once: bool,
    },
    Delete,
}

impl WebhookAction {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match asked(form, &[])? {
            ("do", "save") => Ok(Self::Save),
            ("do", "switch_on") => Ok(Self::Switch(true)),
            ("do", "switch_off") => Ok(Self::Switch(false)),
            ("do", "test") => Ok(Self::Test),
            ("do", "renew_secret") => Ok(Self::RenewSecret { at_once: false }),
            ("do", "renew_at_once") => Ok(Self::RenewSecret { at_once: true }),
            ("do", "delete") => Ok(Self::Delete),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(self) -> (Endpoint, Method) {
        match self {
            Self::Save | Self::Switch(_) => (Endpoint::AdminWebhook, Method::Patch),
            Self::Test => (Endpoint::AdminWebhookTest, Method::Post),
            Self::RenewSecret { .. } => (Endpoint::AdminWebhookSecret, Method::Post),
            Self::Delete => (Endpoint::AdminWebhook, Method::Delete),
        }
    }
}

/// The webhook that a form describes: without names of events, it is sent all.
///
/// # Errors
/// `invalid_request`.
pub fn webhook(form: &Params, loopback: LoopbackFetches) -> Result<StatedWebhook, OAuthError> {
    let text = |name| Ok::<_, OAuthError>(form.single(name)?.unwrap_or_default().trim());
    let names: Vec<_> = text("events")?
        .split(|separator: char| separator.is_whitespace() || separator == ',')
        .filter(|name| !name.is_empty())
        .collect();
    let events = Some(names).filter(|names| !names.is_empty());
    let mut body = json!({ "name": text("name")?, "url": text("url")?, "events": events });
    if let Value::Object(members) = &mut body {
        for name in ["format", "client_id"] {
            let said = Some(text(name)?).filter(|said| !said.is_empty());
            members.extend(said.map(|said| (name.to_owned(), said.into())));
        }
    }
    let as_of = match text("shown")? {
        "" => None,
        shown => Some(UnixTime(shown.parse().map_err(|_| unknown())?)),
    };
    Ok(StatedWebhook {
        as_of,
        ..StatedWebhook::parse_new(body.to_string().as_bytes(), loopback)?
    })
}

/// When a day begins in UTC, as fields for dates write it: `2026-11-24`. "Days from civil", of Howard Hinnant's "chrono-compatible
/// low-level date algorithms".
///
/// # Errors
/// `invalid_request` for what is no day.
pub fn day(text: &str) -> Result<UnixTime, OAuthError> {
    let wrong = || OAuthError::invalid_request("a day is written as 2026-11-24");
    let number = |range: std::ops::Range<usize>, allowed: std::ops::RangeInclusive<i64>| {
        let digits = text
            .get(range)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse::<i64>().ok());
        number.filter(|number| allowed.contains(number)).ok_or_else(wrong)
    };
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return Err(wrong());
    }
    let (year, month, day) = (
        number(0..4, 1970..=9999)?,
        number(5..7, 1..=12)?,
        number(8..10, 1..=31)?,
    );
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > longest {
        return Err(wrong());
    }
    let (year, shifted) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    Ok(UnixTime((era * 146_097 + day_of_era - 719_468) * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    fn params(form: &str) -> Params {
        Params::parse(form).unwrap()
    }

    #[test]
    fn a_form_asks_for_one_thing() {
        let of = |form: &str| {
            let params = params(form);
            asked(&params, &["remove"])
                .map(|(name, value)| format!("{name} {value}"))
                .ok()
        };
        assert_eq!(of("do=save&x=y").as_deref(), Some("do save"));
        assert_eq!(of("remove=7").as_deref(), Some("remove 7"));
        for wrong in ["", "x=y", "do=a&remove=b", "do=a&do=b", "remove=a&remove=b"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_done_to_groups_keys_and_mails_needs_the_scope_of_the_call() {
        let area = |(endpoint, method): (Endpoint, Method)| {
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert!(needed.writes);
            needed.area
        };
        for form in [
            "do=save",
            "do=delete",
            "do=add",
            "remove=u",
            "do=give_role",
            "take_role=c r",
        ] {
            assert_eq!(area(GroupAction::call(&params(form)).unwrap()), Area::Groups, "{form}");
        }
        assert!(GroupAction::call(&params("do=x")).is_err());
        let system = |form: &str| area(SystemAction::parse(&params(form)).unwrap().call());
        assert_eq!((system("retire=k"), system("revoke=k")), (Area::Keys, Area::Keys));
        assert_eq!(
            (system("do=make_key"), system("end_api_key=k")),
            (Area::ApiKeys, Area::ApiKeys)
        );
        let mail = |form: &str| area(MailAction::parse(&params(form)).unwrap().call());
        assert_eq!((mail("retry=m"), mail("delete=m")), (Area::Mail, Area::Mail));
        assert!(SystemAction::parse(&params("do=retire")).is_err());
        assert!(MailAction::parse(&params("do=delete")).is_err());
    }

    #[test]
    fn a_form_about_a_group_says_what_the_api_takes() {
        let of = |form: &str| format!("{:?}", GroupAction::parse(&params(form), "g", SecondFactor::Optional));
        assert!(of("do=save&name=+Staff+&factor=yes&shown=no+Old").contains("second_factor_required: Some(true)"));
        assert!(of("do=save&name=Staff&shown=yes+The+staff").contains("second_factor_required: Some(false)"));
        assert!(of("take_role=c Grafana Admin").contains("Grafana Admin"));
        for wrong in [
            "do=save&name=",
            "do=save&name=Staff",
            "do=save&name=Staff&shown=yes",
            "take_role=c",
            "take_role=c ",
            "do=give_role&app=c&role=",
            "do=save&name=a&name=b",
        ] {
            assert!(of(wrong).starts_with("Err"), "{wrong}");
        }
        let shown = Shown {
            name: "The staff",
            second_factor_required: true,
        };
        let form = params("do=save&name=Staff&shown=yes+The+staff");
        assert_eq!(Shown::of(&form).unwrap(), shown);
        assert_eq!(shown.to_field(), "yes The staff");
        let off = GroupAction::parse(&form, "g", SecondFactor::Off);
        let kept = matches!(
            off,
            Ok(GroupAction::Save(
                Stated {
                    attributes: None,
                    second_factor_required: None,
                    ..
                },
                _
            ))
        );
        assert!(kept, "what cannot be shown is not changed");
    }

    #[test]
    fn a_form_about_a_webhook_says_what_the_api_takes() {
        for action in [
            "save",
            "switch_on",
            "switch_off",
            "test",
            "renew_secret",
            "renew_at_once",
            "delete",
        ] {
            let (endpoint, method) = WebhookAction::parse(&params(&format!("do={action}"))).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Webhooks, true), "{action}");
        }
        assert!(WebhookAction::parse(&params("delete=w")).is_err());
        let of = |form: &str| webhook(&params(form), LoopbackFetches::Refused);
        let some =
            of("name=SIEM&url=https://siem.acme.org/&events=sign_in%0D%0Asign_out,+user_deleted&shown=7").unwrap();
        assert_eq!(some.events.flatten().map(|events| events.len()), Some(3));
        assert_eq!(some.as_of, Some(UnixTime(7)));
        let of_app = of("name=SIEM&url=https://siem.acme.org/&format=set&client_id=c").unwrap();
        assert_eq!(of_app.client_id.as_deref(), Some("c"));
        let all = of("name=SIEM&url=https://siem.acme.org/&events=+&format=events&client_id=").unwrap();
        assert_eq!((all.events, all.as_of), (Some(None), None));
        for wrong in [
            "name=SIEM&events=",
            "name=SIEM&url=http://siem.acme.org/",
            "name=SIEM&url=https://siem.acme.org/&events=x",
            "name=SIEM&url=https://siem.acme.org/&shown=x",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_form_about_an_api_key_says_what_the_api_takes() {
        let key = wanted_key(&params("name=Sync&scope=mail:read&scope=audit:read&days=7")).unwrap();
        assert_eq!(key.scopes.len(), 2);
        for wrong in [
            "name=Sync",
            "name=&scope=mail:read",
            "name=a&scope=mail:read&days=x",
            "name=a&scope=x",
            "name=a&scope=mail:read&days=0",
        ] {
            assert!(wanted_key(&params(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_of_utc() {
        let seconds = |text| day(text).ok().map(UnixTime::seconds);
        assert_eq!(seconds("1970-01-01"), Some(0));
        assert_eq!(seconds("2000-03-01"), Some(951_868_800));
        assert_eq!(seconds("2026-11-29"), Some(1_795_910_400));
        assert_eq!(seconds("2028-02-29"), Some(1_835_395_200));
        for wrong in [
            "",
            "2026-11-2",
            "2026-13-01",
            "2026-00-01",
            "2026-11-32",
            "2026-02-29",
            "2026-11-31",
            "2100-02-29",
            "26-11-2900",
            "2026/11/29",
            "+026-11-29",
            "2026-11-2\u{e9}",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
