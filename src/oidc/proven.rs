//! What a person has shown of who they are: sessions, codes and tokens carry it, and `acr`, `amr` and `auth_time` (OIDC Core
//! section 2) read it.

use serde::{Deserialize, Serialize};

use crate::{
    config::{AcrNames, Config, Way},
    time::{Lifetime, UnixTime},
    web::json,
};

/// How long a sign-in counts as just made: for the request that asked for it, and for forms that want to be sure of the person.
pub const FRESH: Lifetime = Lifetime::minutes(10);

/// What a password is called in `amr` (RFC 8176).
const PASSWORD: &str = "pwd";

/// What a person has shown, when, and how strong it is.
///
/// Rows hold it as texts. What a newer Worker wrote there is kept and told as it is, and counts for no more than the weakest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// When: `auth_time`.
    pub at: UnixTime,
    /// How strong it is: `acr`.
    pub acr: String,
    /// By which methods: `amr`.
    pub amr: Amr,
}

/// Authentication Method References (RFC 8176 section 2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amr(Vec<String>);

/// How strong a sign-in is: each level includes those before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// One factor: level 1 of ISO/IEC 29115, as OIDC Core section 2 has it.
    #[default]
    OneFactor,
    /// Two factors, the second of which may be a code that somebody between the person and Limen could use at once.
    TwoFactors,
    /// What nobody between the person and Limen can use: `phr` of OpenID Connect Extended Authentication Profile 1.0. Its `phrh`,
    /// with a key that hardware protects, needs attestation.
    PhishingResistant,
}

/// How strong a sign-in has to be for what it leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Nothing weaker is of use.
    pub essential: Strength,
    /// What is asked for only of people who have the means, and may decline.
    pub wished: Strength,
}

/// `phrh`, which needs attestation: no sign-in is ever called so, but somebody who wishes for it gets the strongest that there is.
const HARDWARE: &str = "phrh";

impl Demand {
    /// Nothing is demanded.
    pub const NOTHING: Self = Self {
        essential: Strength::OneFactor,
        wished: Strength::OneFactor,
    };

    /// Two factors, of people who have a second one.
    pub const TWO_WHERE_THERE: Self = Self {
        essential: Strength::OneFactor,
        wished: Strength::TwoFactors,
    };

    /// Two factors, of everybody.
    pub const TWO: Self = Self {
        essential: Strength::TwoFactors,
        wished: Strength::OneFactor,
    };

    /// The same, of an app for which nobody signs in more weakly than `required`. `None` where nobody can sign in so strongly.
    pub fn with_required(self, required: Strength, strongest: Strength) -> Option<Self> {
        (required <= strongest).then(|| Self {
            essential: self.essential.max(required),
            ..self
        })
    }

    /// What a client demands by `acr` values: any of those that are `essential` will do, and so with those that are `voluntary`. Values
    /// that nobody can reach here count for nothing. `None` where something is essential and nobody can reach it.
    pub fn by_acr(
        (essential, voluntary): (Option<&[&str]>, &[&str]),
        names: &AcrNames,
        strongest: Strength,
    ) -> Option<Self> {
        let weakest = |values: &[&str], is_wish: bool| {
            let known = values.iter().filter_map(|acr| match *acr {
                HARDWARE if is_wish => Some(Strength::PhishingResistant),
                acr => Strength::named(acr, names),
            });
            known.filter(|strength| *strength <= strongest).min()
        };
        Some(Self {
            essential: match essential {
                Some(values) => weakest(values, false)?,
                None => Strength::OneFactor,
            },
            wished: weakest(voluntary, true).unwrap_or_default(),
        })
    }
}

impl Strength {
    /// All levels, the strongest first: `acr_values_supported`.
    pub const ALL: &'static [Self] = &[Self::PhishingResistant, Self::TwoFactors, Self::OneFactor];

    /// Its `acr`.
    pub fn acr(self) -> &'static str {
        match self {
            Self::OneFactor => "1",
            Self::TwoFactors => "mfa",
            Self::PhishingResistant => "phr",
        }
    }

    /// The strongest that the ways to sign in of a deployment have.
    pub fn strongest(config: &Config) -> Self {
        match config.sign_in.has(Way::Passkey) {
            true => Self::PhishingResistant,
            false => Self::strongest_without_passkey(config),
        }
    }

    /// The strongest that a sign-in which begins with a password or a code by mail can be.
    pub fn strongest_without_passkey(config: &Config) -> Self {
        match config.has_codes() {
            true => Self::TwoFactors,
            false => Self::OneFactor,
        }
    }

    /// The level of an `acr` of Limen's own.
    pub fn parse(acr: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|strength| strength.acr() == acr)
    }

    /// The level of an `acr` that this deployment knows: one of Limen's own, or of `ACR_VALUES`.
    pub fn named(acr: &str, names: &AcrNames) -> Option<Self> {
        Self::parse(acr).or_else(|| Self::parse(names.level_of(acr)?))
    }
}

impl Proven {
    /// A password.
    pub fn password(at: UnixTime) -> Self {
        Self::of(Strength::OneFactor, &[PASSWORD], at)
    }

    /// A code that was sent by mail: it takes a channel beside the browser, to an address that was confirmed before, which is `mca`. It is
    /// no `otp`, whose specifications are HOTP and TOTP, and one factor as a password is.
    pub fn mail_code(at: UnixTime) -> Self {
        Self::of(Strength::OneFactor, &["mca"], at)
    }

    /// A passkey, whose authenticator verified the person. A key that may be copied to other devices is one that software holds; of
    /// others it is only known that the person has them, since nothing attests to hardware.
    pub fn passkey(backup_eligible: bool, at: UnixTime) -> Self {
        let possession = if backup_eligible { "swk" } else { "pop" };
        Self::of(Strength::PhishingResistant, &[possession, "user", "mfa"], at)
    }

    /// The same, and a one-time code or a recovery code beside it. It is no younger than before.
    pub fn and_code(&self) -> Self {
        let mut amr = self.amr.clone();
        for method in ["otp", "mfa"] {
            if !amr.0.iter().any(|known| known == method) {
                amr.0.push(method.to_owned());
            }
        }
        Self {
            at: self.at,
            acr: self.strength().max(Strength::TwoFactors).acr().to_owned(),
            amr,
        }
    }

    fn of(strength: Strength, amr: &[&str], at: UnixTime) -> Self {
        Self {
            at,
            acr: strength.acr().to_owned(),
            amr: Amr(amr.iter().map(|method| (*method).to_owned()).collect()),
        }
    }

    /// How strong it is.
    pub fn strength(&self) -> Strength {
        Strength::parse(&self.acr).unwrap_or(Strength::OneFactor)
    }

    /// Whether it is at least as strong as `acr` says.
    pub fn is_as_strong_as(&self, acr: &str, names: &AcrNames) -> bool {
        self.acr == acr || Strength::named(acr, names).is_some_and(|wanted| self.strength() >= wanted)
    }

    /// Whether it was shown just now.
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        now.since(self.at) <= FRESH
    }
}

impl Amr {
    /// Reads a row. What is no list of texts says nothing: it must not keep its person out.
    pub fn stored(text: &str) -> Self {
        json::parse(text.as_bytes()).unwrap_or_default()
    }

    /// Whether a password is among it.
    pub fn has_password(&self) -> bool {
        self.0.iter().any(|method| method == PASSWORD)
    }

    /// As a row holds it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000_000);

    fn holds(proven: &Proven, acr: &str) -> bool {
        let names = AcrNames::parse("urn:acme:two=mfa urn:acme:key=phr").unwrap();
        proven.is_as_strong_as(acr, &names)
    }

    #[test]
    fn a_password_is_one_factor() {
        let proven = Proven::password(NOW);
        assert_eq!(
            (proven.acr.as_str(), proven.amr.to_text().as_str()),
            ("1", r#"["pwd"]"#)
        );
        assert!(holds(&proven, "1") && !holds(&proven, "2"));
    }

    #[test]
    fn a_passkey_is_phishing_resistant_and_never_called_hardware() {
        for (backup_eligible, amr) in [(true, r#"["swk","user","mfa"]"#), (false, r#"["pop","user","mfa"]"#)] {
            let proven = Proven::passkey(backup_eligible, NOW);
            assert_eq!((proven.acr.as_str(), proven.amr.to_text().as_str()), ("phr", amr));
            assert!(holds(&proven, "1") && holds(&proven, "phr") && !holds(&proven, "phrh"));
        }
        assert!(!holds(&Proven::password(NOW), "phr"));
    }

    #[test]
    fn a_code_by_mail_is_one_factor_over_another_channel() {
        let proven = Proven::mail_code(NOW);
        assert_eq!(
            (proven.acr.as_str(), proven.amr.to_text().as_str()),
            ("1", r#"["mca"]"#)
        );
        assert_eq!(proven.and_code().amr.to_text(), r#"["mca","otp","mfa"]"#);
        assert!(!holds(&proven, "mfa") && holds(&proven.and_code(), "mfa"));
    }

    #[test]
    fn a_code_makes_two_factors_of_one_and_no_sign_in_younger() {
        let proven = Proven::password(NOW).and_code();
        assert_eq!(
            (proven.acr.as_str(), proven.amr.to_text().as_str(), proven.at),
            ("mfa", r#"["pwd","otp","mfa"]"#, NOW)
        );
        assert!(holds(&proven, "1") && holds(&proven, "mfa") && !holds(&proven, "phr"));
        assert!(holds(&proven, "urn:acme:two") && !holds(&proven, "urn:acme:key") && !holds(&proven, "urn:acme:three"));
        assert_eq!(proven.and_code(), proven);
        let passkey = Proven::passkey(true, NOW);
        assert!(holds(&passkey, "mfa"));
        assert_eq!(passkey.and_code().acr, "phr");
    }

    #[test]
    fn what_a_newer_worker_wrote_is_told_as_it_is_and_counts_for_the_least() {
        let amr = Amr::stored(r#"["pwd","retina"]"#);
        assert_eq!(serde_json::to_string(&amr).unwrap(), r#"["pwd","retina"]"#);
        let proven = Proven {
            at: NOW,
            acr: "9".to_owned(),
            amr,
        };
        assert_eq!(proven.strength(), Strength::OneFactor);
        assert!(holds(&proven, "9") && holds(&proven, "1"));
    }

    #[test]
    fn a_row_that_is_no_list_of_texts_keeps_nobody_out() {
        for text in ["", "x", "{}", "[1]", "null", r#"["pwd""#] {
            assert_eq!(Amr::stored(text), Amr::default(), "{text}");
        }
        let amr = Proven::password(NOW).amr;
        assert_eq!(Amr::stored(&amr.to_text()), amr);
    }

    #[test]
    fn of_several_values_any_will_do_and_those_out_of_reach_do_not_count() {
        use Strength::{OneFactor, PhishingResistant, TwoFactors};
        let names = AcrNames::parse("gold=phr silver=mfa").unwrap();
        let by = |essential, voluntary: &[&str], strongest| {
            Demand::by_acr((essential, voluntary), &names, strongest).map(|demand| (demand.essential, demand.wished))
        };
        for (essential, voluntary, strongest, demand) in [
            (None, &[][..], PhishingResistant, Some((OneFactor, OneFactor))),
            (
                None,
                &["gold", "silver"],
                PhishingResistant,
                Some((OneFactor, TwoFactors)),
            ),
            (None, &["phr", "1"], PhishingResistant, Some((OneFactor, OneFactor))),
            (None, &["phr"], TwoFactors, Some((OneFactor, OneFactor))),
            (None, &["phr", "mfa"], TwoFactors, Some((OneFactor, TwoFactors))),
            (None, &["phrh"], PhishingResistant, Some((OneFactor, PhishingResistant))),
            (None, &["loa9"], PhishingResistant, Some((OneFactor, OneFactor))),
            (
                Some(&["loa9", "mfa", "phr"][..]),
                &[],
                PhishingResistant,
                Some((TwoFactors, OneFactor)),
            ),
            (
                Some(&["gold"]),
                &[],
                PhishingResistant,
                Some((PhishingResistant, OneFactor)),
            ),
            (Some(&["gold"]), &[], TwoFactors, None),
            (Some(&["phrh"]), &[], PhishingResistant, None),
            (Some(&["loa9"]), &[], PhishingResistant, None),
        ] {
            assert_eq!(
                by(essential, voluntary, strongest),
                demand,
                "{essential:?} {voluntary:?} {strongest:?}"
            );
        }
    }

    #[test]
    fn a_sign_in_is_fresh_for_ten_minutes() {
        let proven = Proven::password(NOW);
        assert!(proven.is_fresh(NOW) && proven.is_fresh(NOW + Lifetime::minutes(10)));
        assert!(!proven.is_fresh(NOW + Lifetime::minutes(10) + Lifetime(1)));
    }
}
