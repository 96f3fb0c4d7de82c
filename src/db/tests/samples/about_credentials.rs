//! How people sign in.

use super::*;
use crate::config::SecondFactor;

pub(super) fn add_to(all: &mut Samples) {
    let (user, hash) = (user(), hash());
    let state = State {
        counter: 1,
        backed_up: true,
    };
    let challenge = Challenge {
        id: "x".to_owned(),
        expires_at: NOW,
    };
    let new = New {
        silently: false,
        challenge: String::new(),
        passkey: Passkey {
            id: "aWQ".to_owned(),
            alg: passkey::KeyAlg::ES256,
            jwk: json!({}),
            aaguid: String::new(),
            transports: Vec::new(),
            backup_eligible: true,
        },
        state,
    };
    let link = SetUpLink {
        kind: LinkKind::SetUp,
        user_id: "u".to_owned(),
        hash: hash.clone(),
        oldest: NOW,
    };
    let counter = Counter {
        key: "k".to_owned(),
        limit: 100,
        window: crate::account::throttle::WINDOW,
    };
    let answered_now = Answered {
        challenge: &challenge,
        counter: &counter,
    };
    add(all, "credentials::count", [answered_now.count(NOW)]);
    add(all, "credentials::find_passkey", [credentials::find_passkey("k")]);
    add(
        all,
        "credentials::use_passkey",
        credentials::use_passkey("k", state, &answered_now, NOW),
    );
    let change = FactorChange {
        session_hash: &hash,
        codes_count: true,
        passkeys_count: true,
    };
    for owner in [Owner::Changing(change), Owner::Is(&user), Owner::Linked(&link)] {
        let (insert, answered) = credentials::add_passkey(&new, Some("Phone"), &owner, &answered_now, NOW);
        add(all, "credentials::add_passkey", [insert.into(), answered]);
    }
    add(
        all,
        "credentials::rename_own",
        [credentials::rename_own(&hash, "k", Some("Phone"))],
    );
    add(
        all,
        "credentials::remove_own",
        [credentials::remove_own(&change, "k", "[]", SecondFactor::Required)],
    );
    super::super::second_factors::samples(all);
    add(all, "credentials::remove", [credentials::remove("u", "k")]);
    add(all, "credentials::list_own", [credentials::list_own(&hash)]);
    add(all, "credentials::list_of", [credentials::list_of("u")]);
    add(all, "credentials::offer", [credentials::offer("u", "s", NOW, NOW)]);
    add(all, "set_up_links::find", [link.find()]);
    add(all, "set_up_links::confirm_address", [link.confirm_address(NOW)]);
    add(all, "set_up_links::use_up_if_changed", [link.use_up_if_changed()]);
    for owner in [
        Owner::Changing(change),
        Owner::Waiting(&hash),
        Owner::Is(&user),
        Owner::Linked(&link),
    ] {
        add(all, "passwords::set", [passwords::set(&owner, "p", "$argon2id$", NOW)]);
    }
    add(all, "passwords::require_another", [passwords::require_another("u")]);
    add(all, "passwords::must_change", [passwords::must_change("u")]);
    add(all, "passwords::to_change", [passwords::to_change("u")]);
    add(all, "set_up_links::revoke", [set_up_links::revoke("u", NOW)]);
    add(all, "passwords::change", [passwords::change(&hash, "$argon2id$", NOW)]);
    add(
        all,
        "passwords::renew_hash",
        [passwords::renew_hash("u", ("$2b$", "$argon2id$"))],
    );
    add(
        all,
        "set_up_links::make_recovery_link",
        [set_up_links::make_recovery_link("u", &hash, "m", NOW)],
    );
    add(
        all,
        "set_up_links::make",
        [set_up_links::make("u", &hash, Some("m"), NOW)],
    );
}
