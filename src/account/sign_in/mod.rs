//! What somebody must show after their password, and what a session still lacks.

mod first_factor;

pub use first_factor::FirstFactor;

use crate::{
    config::Config,
    oidc::proven::{Demand, Proven, Strength},
    time::UnixTime,
};

/// What a person has beside a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Has {
    /// An app that shows one-time codes.
    pub codes: bool,
    /// A passkey, which counts as both factors.
    pub passkeys: bool,
    /// Recovery codes that are left.
    pub recovery_codes: bool,
}

/// Whether somebody may add or remove what they sign in with beside a password: they signed in just now, with a second factor or a passkey
/// where they have one. With a password alone, whoever has stolen it could add a passkey of their own, which apps believe more.
pub fn may_change_factors(proven: &Proven, has: Has, now: UnixTime) -> bool {
    proven.is_fresh(now) && (proven.strength() >= Strength::TwoFactors || !has.codes && !has.passkeys)
}

impl Has {
    /// The strongest that the person can show.
    pub fn reach(self) -> Strength {
        match (self.passkeys, self.codes) {
            (true, _) => Strength::PhishingResistant,
            (false, true) => Strength::TwoFactors,
            (false, false) => Strength::OneFactor,
        }
    }

    fn passkeys_alone(self) -> Self {
        Self {
            passkeys: self.passkeys,
            ..Self::default()
        }
    }
}

/// What the deployment, and the groups of a person, say of second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The person must show one.
    pub required: bool,
    /// People can have one-time codes.
    pub codes: bool,
}

impl Policy {
    /// As it is configured, for somebody of whom one of their groups requires one or not.
    pub fn of(config: &Config, required_by_group: bool) -> Self {
        Self {
            required: config.second_factor.is_required(required_by_group),
            codes: config.has_codes(),
        }
    }

    /// What must be shown: a trusted browser is enough for the deployment, but not for an app that demands a second factor.
    fn essential(self, demand: Demand, is_trusted: bool) -> Strength {
        match self.required && !is_trusted {
            true => demand.essential.max(Strength::TwoFactors),
            false => demand.essential,
        }
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: they are signed in.
    SignedIn,
    /// They show one of these.
    Show(Has),
    /// They have nothing to show, and set up one-time codes first.
    SetUp,
    /// Only a passkey will do, and they have none: they add one.
    NeedsPasskey,
}

/// Decides what comes after a password. `is_trusted`: the person showed a second factor in this browser before and trusts it.
/// A person who needs a passkey and has none is signed in with what they have; [`step_up`] then asks for the rest.
pub fn next(policy: Policy, demand: Demand, has: Has, is_trusted: bool) -> Next {
    let essential = policy.essential(demand, is_trusted);
    match missing(essential, Strength::OneFactor, policy, has) {
        Some(Next::NeedsPasskey) if policy.required && policy.codes && !is_trusted => return Next::SetUp,
        None | Some(Next::NeedsPasskey) => {}
        Some(next) => return next,
    }
    // A passkey alone is no reason to ask: somebody who has one and typed their password may be at a device where they cannot use it.
    match has.codes && (demand.wished > Strength::OneFactor || !is_trusted) {
        true => Next::Show(has),
        false => Next::SignedIn,
    }
}

/// Decides what somebody with a session must still show for what they are on their way to, or may show. `shown` is how strong their
/// sign-in was.
pub fn step_up(policy: Policy, demand: Demand, shown: Strength, has: Has, is_trusted: bool) -> Next {
    if let Some(next) = missing(policy.essential(demand, is_trusted), shown, policy, has) {
        return next;
    }
    match demand.wished {
        wished if shown >= wished || wished > has.reach() => Next::SignedIn,
        Strength::PhishingResistant => Next::Show(has.passkeys_alone()),
        _ => Next::Show(has),
    }
}

/// What must be shown, or set up, for a sign-in to be as strong as is `essential`.
fn missing(essential: Strength, shown: Strength, policy: Policy, has: Has) -> Option<Next> {
    let codes_will_do = policy.codes && essential == Strength::TwoFactors;
    Some(match has {
        _ if shown >= essential => return None,
        Has { codes: true, .. } | Has { passkeys: true, .. } if codes_will_do => Next::Show(has),
        // Anyone with the password could do this. People who already have a second factor are never led here.
        _ if codes_will_do => Next::SetUp,
        Has { passkeys: true, .. } => Next::Show(has.passkeys_alone()),
        // To add a passkey takes the second factor that they have.
        Has { codes: true, .. } if shown < Strength::TwoFactors => Next::Show(has),
        _ => Next::NeedsPasskey,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Lifetime;
    use Next::{NeedsPasskey, SetUp, Show, SignedIn};
    use Strength::{OneFactor, PhishingResistant, TwoFactors};

    const NOBODY: Has = Has {
        codes: false,
        passkeys: false,
        recovery_codes: false,
    };
    const CODES: Has = Has { codes: true, ..NOBODY };
    const PASSKEY: Has = Has {
        passkeys: true,
        ..NOBODY
    };
    const BOTH: Has = Has {
        codes: true,
        passkeys: true,
        recovery_codes: true,
    };

    const OFF: Policy = Policy {
        required: false,
        codes: false,
    };
    const OPTIONAL: Policy = Policy { codes: true, ..OFF };
    const REQUIRED: Policy = Policy {
        required: true,
        ..OPTIONAL
    };
    /// Everybody signs in with a passkey; a session may be from before.
    const PASSKEYS_ALONE: Policy = Policy {
        codes: false,
        ..REQUIRED
    };

    fn essential(strength: Strength) -> Demand {
        Demand {
            essential: strength,
            ..Demand::NOTHING
        }
    }

    fn wished(strength: Strength) -> Demand {
        Demand {
            wished: strength,
            ..Demand::NOTHING
        }
    }

    #[test]
    fn what_comes_after_a_password() {
        let nothing = Demand::NOTHING;
        for (policy, demand, has, is_trusted, next) in [
            // Nothing demands anything.
            (OFF, nothing, PASSKEY, false, SignedIn),
            (OPTIONAL, nothing, NOBODY, false, SignedIn),
            (OPTIONAL, nothing, PASSKEY, false, SignedIn),
            (OPTIONAL, nothing, CODES, false, Show(CODES)),
            (OPTIONAL, nothing, BOTH, false, Show(BOTH)),
            (OPTIONAL, nothing, CODES, true, SignedIn),
            // The deployment does.
            (REQUIRED, nothing, NOBODY, false, SetUp),
            (REQUIRED, nothing, PASSKEY, false, Show(PASSKEY)),
            (REQUIRED, nothing, CODES, false, Show(CODES)),
            (REQUIRED, nothing, CODES, true, SignedIn),
            // An app does, and a trusted browser is not enough.
            (OPTIONAL, essential(TwoFactors), NOBODY, false, SetUp),
            (OPTIONAL, essential(TwoFactors), CODES, true, Show(CODES)),
            (OPTIONAL, essential(TwoFactors), PASSKEY, true, Show(PASSKEY)),
            (OFF, essential(TwoFactors), PASSKEY, false, Show(PASSKEY)),
            (REQUIRED, essential(PhishingResistant), BOTH, false, Show(PASSKEY)),
            // Somebody who needs a passkey and has none signs in with what they have, and then adds one.
            (OFF, essential(TwoFactors), NOBODY, false, SignedIn),
            (OFF, essential(PhishingResistant), NOBODY, false, SignedIn),
            (OPTIONAL, essential(PhishingResistant), NOBODY, false, SignedIn),
            (OPTIONAL, essential(PhishingResistant), CODES, true, Show(CODES)),
            (REQUIRED, essential(PhishingResistant), NOBODY, false, SetUp),
            (REQUIRED, essential(PhishingResistant), CODES, true, Show(CODES)),
            // The pages on which second factors are changed ask people with codes, in a trusted browser too.
            (OPTIONAL, wished(TwoFactors), NOBODY, false, SignedIn),
            (OPTIONAL, wished(TwoFactors), PASSKEY, false, SignedIn),
            (OPTIONAL, wished(TwoFactors), CODES, true, Show(CODES)),
        ] {
            assert_eq!(
                super::next(policy, demand, has, is_trusted),
                next,
                "{policy:?} {demand:?} {has:?} {is_trusted}"
            );
        }
    }

    #[test]
    fn a_password_alone_changes_no_factors_of_somebody_who_has_one() {
        let now = UnixTime(1_000_000);
        let (password, passkey) = (Proven::password(now), Proven::passkey(true, now));
        let code = password.and_code();
        for has in [CODES, PASSKEY, BOTH] {
            assert!(!may_change_factors(&password, has, now), "{has:?}");
            for proven in [&code, &passkey] {
                assert!(may_change_factors(proven, has, now), "{has:?}");
            }
        }
        let late = now + Lifetime::minutes(11);
        for proven in [password, code, passkey] {
            assert!(may_change_factors(&proven, NOBODY, now));
            for has in [NOBODY, CODES, PASSKEY, BOTH] {
                assert!(!may_change_factors(&proven, has, late), "{has:?}");
            }
        }
    }

    #[test]
    fn what_a_session_still_lacks() {
        for (policy, demand, shown, has, next) in [
            // A password alone is enough for what demands nothing, unless everybody needs two factors.
            (OPTIONAL, Demand::NOTHING, OneFactor, CODES, SignedIn),
            (REQUIRED, Demand::NOTHING, OneFactor, CODES, Show(CODES)),
            (REQUIRED, Demand::NOTHING, OneFactor, NOBODY, SetUp),
            (REQUIRED, Demand::NOTHING, TwoFactors, CODES, SignedIn),
            (PASSKEYS_ALONE, Demand::NOTHING, OneFactor, PASSKEY, Show(PASSKEY)),
            (PASSKEYS_ALONE, Demand::NOTHING, OneFactor, NOBODY, NeedsPasskey),
            // An app does.
            (OPTIONAL, essential(TwoFactors), OneFactor, NOBODY, SetUp),
            (OPTIONAL, essential(TwoFactors), TwoFactors, CODES, SignedIn),
            (OPTIONAL, essential(PhishingResistant), TwoFactors, BOTH, Show(PASSKEY)),
            (OPTIONAL, essential(PhishingResistant), OneFactor, CODES, Show(CODES)),
            (OPTIONAL, essential(PhishingResistant), TwoFactors, CODES, NeedsPasskey),
            (OPTIONAL, essential(PhishingResistant), OneFactor, NOBODY, NeedsPasskey),
            (OFF, essential(TwoFactors), OneFactor, NOBODY, NeedsPasskey),
            (OFF, essential(PhishingResistant), PhishingResistant, PASSKEY, SignedIn),
            // What is wished for is asked of people who have it.
            (OPTIONAL, wished(TwoFactors), OneFactor, NOBODY, SignedIn),
            (OPTIONAL, wished(TwoFactors), OneFactor, CODES, Show(CODES)),
            (OPTIONAL, wished(TwoFactors), OneFactor, PASSKEY, Show(PASSKEY)),
            (OPTIONAL, wished(PhishingResistant), OneFactor, CODES, SignedIn),
            (OPTIONAL, wished(PhishingResistant), TwoFactors, BOTH, Show(PASSKEY)),
            (OPTIONAL, wished(TwoFactors), TwoFactors, BOTH, SignedIn),
        ] {
            assert_eq!(
                step_up(policy, demand, shown, has, false),
                next,
                "{policy:?} {demand:?} {shown:?} {has:?}"
            );
        }
    }

    const STRENGTHS: [Strength; 3] = [OneFactor, TwoFactors, PhishingResistant];

    fn every_demand() -> impl Iterator<Item = Demand> {
        STRENGTHS
            .into_iter()
            .flat_map(|essential| STRENGTHS.map(|wished| Demand { essential, wished }))
    }

    /// Every policy with everybody who can be there: codes exist only where the policy has them.
    fn everybody() -> impl Iterator<Item = (Policy, Has)> {
        let people = (0..8).map(|bits| Has {
            codes: bits & 1 > 0,
            passkeys: bits & 2 > 0,
            recovery_codes: bits & 4 > 0,
        });
        let policies = [OFF, OPTIONAL, REQUIRED, PASSKEYS_ALONE];
        people
            .flat_map(move |has| policies.map(|policy| (policy, has)))
            .filter(|(policy, has)| policy.codes || !has.codes && !has.recovery_codes)
    }

    /// Nobody who has a second factor is led to set up another with a password alone, and what is demanded is never skipped, but for a
    /// passkey that is added once its person is signed in.
    #[test]
    fn for_every_person_and_every_demand_after_a_password() {
        for ((policy, has), demand) in everybody().flat_map(|who| every_demand().map(move |demand| (who, demand))) {
            for is_trusted in [false, true] {
                let next = next(policy, demand, has, is_trusted);
                assert!(next != SetUp || !has.codes && !has.passkeys);
                assert!(next != NeedsPasskey);
                if next == SignedIn {
                    let lacks = step_up(policy, demand, OneFactor, has, is_trusted);
                    assert!(
                        demand.essential == OneFactor || lacks == NeedsPasskey,
                        "{policy:?} {demand:?} {has:?}"
                    );
                    assert!(!policy.required || is_trusted || !policy.codes);
                }
                if demand.essential == PhishingResistant && has.passkeys {
                    assert_eq!(next, Show(PASSKEY));
                }
            }
        }
    }

    /// The page for it has nothing to ask exactly where the authorization endpoint leads nobody there: so neither sends a browser to
    /// the other in a circle.
    #[test]
    fn a_session_lacks_something_exactly_where_an_authorization_does_not_go_on() {
        for ((policy, has), demand) in everybody().flat_map(|who| every_demand().map(move |demand| (who, demand))) {
            for (shown, is_trusted) in STRENGTHS.into_iter().flat_map(|shown| [(shown, false), (shown, true)]) {
                let has_second_factor = is_trusted || shown >= TwoFactors;
                let accepted = shown >= demand.essential && (!policy.required || has_second_factor);
                let wished = shown < demand.wished && demand.wished <= has.reach();
                let next = step_up(policy, demand, shown, has, is_trusted);
                assert_eq!(
                    next == SignedIn,
                    accepted && !wished,
                    "{policy:?} {demand:?} {shown:?} {has:?}"
                );
                // What is shown leads further: nobody is asked for what they have shown.
                if let Show(shows) = next {
                    assert!(
                        shows.passkeys || shows.codes && shown < TwoFactors,
                        "{policy:?} {demand:?} {has:?}"
                    );
                }
                assert!(next != SetUp || !has.codes && !has.passkeys);
            }
        }
    }
}
