//! What somebody must show after their password.

mod first_factor;

pub use first_factor::FirstFactor;

use crate::{
    config::SecondFactor,
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

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: they are signed in.
    SignedIn,
    /// They show one of these.
    Show(Has),
    /// They have nothing to show, and set up one-time codes first.
    SetUp,
    /// Only a passkey will do, and they have none.
    NeedsPasskey,
}

/// Decides what comes after a password. `is_trusted`: the person showed a second factor in this browser before and trusts it. That is
/// enough for the deployment's policy, but not for an app that demands a second factor.
pub fn next(policy: SecondFactor, demand: Demand, has: Has, is_trusted: bool) -> Next {
    if demand.essential == Strength::PhishingResistant
        || demand.essential == Strength::TwoFactors && policy == SecondFactor::Off
    {
        return match has.passkeys {
            true => Next::Show(Has {
                passkeys: true,
                ..Has::default()
            }),
            false => Next::NeedsPasskey,
        };
    }
    if policy == SecondFactor::Off {
        return Next::SignedIn;
    }
    let must = demand.essential == Strength::TwoFactors || policy == SecondFactor::Required && !is_trusted;
    // A passkey alone is no reason to ask: somebody who has one and typed their password may be at a device where they cannot use it.
    let may = has.codes && (demand.wished > Strength::OneFactor || !is_trusted);
    match (must || may, has.codes || has.passkeys) {
        (false, _) => Next::SignedIn,
        (true, true) => Next::Show(has),
        // Anyone with the password could do this. People who already have a second factor are never led here.
        (true, false) => Next::SetUp,
    }
}

/// Decides what somebody with a session must still show for what they are on their way to. `shown` is how strong their sign-in was.
pub fn step_up(policy: SecondFactor, demand: Demand, shown: Strength, has: Has, is_trusted: bool) -> Next {
    if shown >= demand.essential.max(demand.wished).max(Strength::TwoFactors) {
        return Next::SignedIn;
    }
    // Where second factors are optional, the sign-in itself asked for one. A session without it is not asked again, unless the
    // destination demands one.
    let policy = match policy {
        SecondFactor::Optional if demand == Demand::NOTHING => SecondFactor::Off,
        policy => policy,
    };
    next(policy, demand, has, is_trusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Lifetime;
    use SecondFactor::{Off, Optional, Required};
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

    fn demand(essential: Strength, wished: Strength) -> Demand {
        Demand { essential, wished }
    }

    #[test]
    fn what_comes_after_a_password() {
        use Next::{NeedsPasskey, SetUp, Show, SignedIn};
        let (essential, wished) = (
            |strength| demand(strength, OneFactor),
            |strength| demand(OneFactor, strength),
        );
        let nothing = Demand::NOTHING;
        for (policy, demand, has, is_trusted, next) in [
            // Nothing demands anything.
            (Off, nothing, BOTH, false, SignedIn),
            (Optional, nothing, NOBODY, false, SignedIn),
            (Optional, nothing, PASSKEY, false, SignedIn),
            (Optional, nothing, CODES, false, Show(CODES)),
            (Optional, nothing, BOTH, false, Show(BOTH)),
            (Optional, nothing, CODES, true, SignedIn),
            // The deployment does.
            (Required, nothing, NOBODY, false, SetUp),
            (Required, nothing, PASSKEY, false, Show(PASSKEY)),
            (Required, nothing, CODES, false, Show(CODES)),
            (Required, nothing, CODES, true, SignedIn),
            // An app does, and a trusted browser is not enough.
            (Optional, essential(TwoFactors), NOBODY, false, SetUp),
            (Optional, essential(TwoFactors), CODES, true, Show(CODES)),
            (Optional, essential(TwoFactors), PASSKEY, true, Show(PASSKEY)),
            (Off, essential(TwoFactors), PASSKEY, false, Show(PASSKEY)),
            (Off, essential(TwoFactors), CODES, false, NeedsPasskey),
            (Required, essential(PhishingResistant), BOTH, false, Show(PASSKEY)),
            (Optional, essential(PhishingResistant), CODES, true, NeedsPasskey),
            (Off, essential(PhishingResistant), NOBODY, false, NeedsPasskey),
            // An app wishes it: people with codes show one, in a trusted browser too.
            (Optional, wished(TwoFactors), NOBODY, false, SignedIn),
            (Optional, wished(TwoFactors), PASSKEY, false, SignedIn),
            (Optional, wished(TwoFactors), CODES, true, Show(CODES)),
            (Optional, wished(PhishingResistant), CODES, true, Show(CODES)),
            (Off, wished(PhishingResistant), BOTH, false, SignedIn),
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
    fn what_a_session_must_still_show() {
        use Next::{NeedsPasskey, SetUp, Show, SignedIn};
        let (essential, where_there) = (|strength| demand(strength, OneFactor), Demand::TWO_WHERE_THERE);
        for (policy, demand, shown, has, next) in [
            // A password alone is enough for what demands nothing, unless everybody needs two factors.
            (Optional, Demand::NOTHING, OneFactor, CODES, SignedIn),
            (Required, Demand::NOTHING, OneFactor, CODES, Show(CODES)),
            (Required, Demand::NOTHING, OneFactor, NOBODY, SetUp),
            (Required, Demand::NOTHING, TwoFactors, CODES, SignedIn),
            // The pages on which second factors are changed.
            (Optional, where_there, OneFactor, CODES, Show(CODES)),
            (Optional, where_there, OneFactor, NOBODY, SignedIn),
            (Optional, where_there, TwoFactors, CODES, SignedIn),
            // An app.
            (Optional, essential(TwoFactors), OneFactor, NOBODY, SetUp),
            (Optional, essential(TwoFactors), TwoFactors, CODES, SignedIn),
            (Optional, essential(PhishingResistant), TwoFactors, BOTH, Show(PASSKEY)),
            (Optional, essential(PhishingResistant), TwoFactors, CODES, NeedsPasskey),
            (Off, essential(PhishingResistant), PhishingResistant, PASSKEY, SignedIn),
        ] {
            assert_eq!(
                step_up(policy, demand, shown, has, false),
                next,
                "{policy:?} {demand:?} {shown:?} {has:?}"
            );
        }
    }

    /// Nobody who has a second factor is led to set up another with a password alone, and an essential demand is never skipped.
    #[test]
    fn for_every_person_and_every_demand() {
        let strengths = [OneFactor, TwoFactors, PhishingResistant];
        for bits in 0..8 {
            let has = Has {
                codes: bits & 1 > 0,
                passkeys: bits & 2 > 0,
                recovery_codes: bits & 4 > 0,
            };
            for policy in [Off, Optional, Required] {
                for (essential, wished) in strengths.iter().flat_map(|e| strengths.iter().map(move |w| (*e, *w))) {
                    for is_trusted in [false, true] {
                        let next = super::next(policy, demand(essential, wished), has, is_trusted);
                        assert!(next != Next::SetUp || !has.codes && !has.passkeys);
                        assert!(next != Next::SignedIn || essential == OneFactor);
                        assert!(next != Next::SignedIn || policy != Required || is_trusted);
                        if essential == PhishingResistant {
                            assert!(next == Next::Show(PASSKEY) || next == Next::NeedsPasskey);
                        }
                    }
                }
            }
        }
    }
}
