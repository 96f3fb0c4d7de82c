//! People, their sessions and what they allowed.

use super::*;
use crate::{
    account::invitation::{InvitationId, InvitationLink},
    db::{
        accepted_terms, ended_sessions,
        invitations::{self, NewInvitation},
        waiting_sessions,
    },
};

pub(super) fn add_to(all: &mut Samples) {
    let (user, hash, lifetimes, counter) = (user(), hash(), lifetimes(), counter());
    add(all, "users::find_by_login", [users::find_by_login("Ada", "ada", true)]);
    add(all, "users::find_with_password", [users::find_with_password("u")]);
    add(all, "users::list_unfolded", [users::list_unfolded(100)]);
    add(all, "users::fold", [users::fold(&user)]);
    add(all, "users::find", [users::find("u")]);
    add(all, "users::list_salts", [users::list_salts("c")]);
    add(all, "users::find_at", [users::find_at("grace", "c", true)]);
    add(all, "users::find_confirmed", [users::find_confirmed("ada@acme.org")]);
    add(all, "users::find_by_family", [users::find_by_family("f", ALONG)]);
    add(all, "users::is_anybody", [users::is_anybody()]);
    add(all, "users::find_rival", [users::find_rival(&user, &user)]);
    let another = User {
        id: "another".to_owned(),
        ..user.clone()
    };
    add(all, "users::insert", [users::insert(&another)]);
    let invitation = InvitationId {
        expires_at: NOW,
        random: "i".to_owned(),
    };
    let shown = InvitationLink {
        id: invitation.clone(),
        hash: hash.clone(),
    };
    add(
        all,
        "users::insert_invited",
        [users::insert_invited(&another, &shown, Statement::always(), NOW)],
    );
    let new = NewInvitation {
        id: &invitation,
        hash: &hash,
        email: Some("ada@acme.org"),
        email_verified: true,
        mail_id: Some("m"),
        first: false,
        note: None,
    };
    add(all, "invitations::insert", [invitations::insert(&new, NOW)]);
    add(all, "invitations::insert_first", [invitations::insert_first(&new, NOW)]);
    add(all, "invitations::find", [invitations::find(&shown, NOW)]);
    add(all, "invitations::use_up", [invitations::use_up(&invitation, "u")]);
    add(
        all,
        "invitations::list",
        [None, Some(&invitation)].map(|after| invitations::list(after, 200, NOW)),
    );
    add(all, "invitations::revoke", [invitations::revoke(&invitation)]);
    let renamed = User {
        username: Username::parse("hopper").unwrap(),
        ..user.clone()
    };
    add(
        all,
        "users::update",
        [users::update(&user, &user), users::update(&renamed, &user)],
    );
    add(all, "users::update_own", [users::update_own(&user, &user, &hash)]);
    add(all, "users::summarize", [users::summarize(&hash, &lifetimes, NOW)]);
    add(
        all,
        "users::delete_without_credentials",
        [users::delete_without_credentials(&user)],
    );
    add(all, "users::delete", [users::delete("u")]);
    add(all, "users::delete_own", [users::delete_own(&hash)]);

    let closed = Client {
        metadata: serde_json::from_value(
            json!({ "redirect_uris": ["https://app.acme.org/cb"], "allowed_groups": ["g"] }),
        )
        .unwrap(),
        ..client()
    };
    let authentication = Authentication {
        trusted_browser: false,
        required_by_group: false,
        session_id: "s".to_owned(),
        user_id: "u".to_owned(),
        proven: Proven::password(NOW),
    };
    let session = NewSession {
        hash: &hash,
        authentication: &authentication,
        shown: SignedInBy::Password("$argon2id$"),
        user_agent: "Firefox",
        terms: Some("1"),
    };
    let link = SetUpLink {
        kind: LinkKind::SetUp,
        user_id: "u".to_owned(),
        hash: hash.clone(),
        oldest: NOW,
    };
    let undo = UndoLink {
        user_id: "u".to_owned(),
        hash: hash.clone(),
        now: NOW,
    };
    let endings = [
        Ending::Held("[]"),
        Ending::Evicted {
            hashes: "[]",
            user_id: "u",
            session_id: "s",
        },
        Ending::Surplus {
            user_id: "u",
            session_id: "s",
            idle_since: NOW,
            now: NOW,
        },
        Ending::One {
            by: &hash,
            session_id: "s",
        },
        Ending::OneOf {
            user_id: "u",
            session_id: "s",
        },
        Ending::Others {
            user_id: "u",
            kept: "s",
        },
        Ending::OthersThan {
            user_id: "u",
            kept: &hash,
        },
        Ending::Everything { user_id: "u" },
        Ending::EverythingOf(&user),
        Ending::EverythingBehind(&hash),
        Ending::EverythingLinked(&link),
        Ending::EverythingRestored(&undo),
    ];
    add(all, "sessions::find", [sessions::find(&hash, &lifetimes, NOW)]);
    add(
        all,
        "sessions::find_with_consent",
        [
            sessions::find_with_consent(&hash, &sessions::Asking::known(&client(), ALONG), &lifetimes, NOW),
            sessions::find_with_consent(&hash, &sessions::Asking::known(&closed, ALONG), &lifetimes, NOW),
            sessions::find_with_consent(&hash, &sessions::Asking::Unread("c", Along::default()), &lifetimes, NOW),
        ],
    );
    add(all, "sessions::find_held", [sessions::find_held("[]", &lifetimes, NOW)]);
    add(all, "sessions::touch", [sessions::touch(&hash, &lifetimes, NOW)]);
    add(all, "sessions::insert", [sessions::insert(&session, &lifetimes)]);
    let just_now = NewSession {
        shown: SignedInBy::JustNow,
        terms: None,
        ..session
    };
    add(all, "sessions::insert", [sessions::insert(&just_now, &lifetimes)]);
    add(all, "sessions::find_waiting", [sessions::find_waiting(&hash, NOW)]);
    add(all, "waiting_sessions::forget", [waiting_sessions::forget("[]")]);
    add(
        all,
        "waiting_sessions::release",
        [None, Some("1")].map(|done| waiting_sessions::release(&hash, &hash, (done, done), &lifetimes, NOW)),
    );
    add(
        all,
        "accepted_terms::accept_if_changed",
        [accepted_terms::accept_if_changed("u", "1", NOW)],
    );
    add(
        all,
        "accepted_terms::accept_behind",
        [accepted_terms::accept_behind(&hash, "1", NOW)],
    );
    add(all, "accepted_terms::list_of", [accepted_terms::list_of("u")]);
    add(all, "accepted_terms::list_own", [accepted_terms::list_own(&hash)]);
    add(all, "sessions::supersede", [sessions::supersede("s", "u", "[]")]);
    add(all, "sessions::list_own", [sessions::list_own(&hash, &lifetimes, NOW)]);
    add(all, "sessions::list_of", [sessions::list_of("u", &lifetimes, NOW)]);
    add(
        all,
        "sessions::renew",
        [sessions::renew(&hash, &hash, "$argon2id$", NOW)],
    );
    let ended = Entry::new(Event::SessionEnded, Actor::Person);
    for which in &endings {
        add(all, "session_endings::delete_codes", [which.delete_codes()]);
        add(all, "session_endings::delete_apart", which.delete_apart());
        let revokes = [LogoutRevokes::Online, LogoutRevokes::All, LogoutRevokes::Nothing];
        add(
            all,
            "session_endings::delete_tokens",
            revokes.into_iter().filter_map(|revokes| which.delete_tokens(revokes)),
        );
        add(all, "session_endings::delete", [which.delete()]);
        add(all, "ended_sessions::write", [ended_sessions::write(which, NOW)]);
        add(
            all,
            "session_clients::with_front_channel",
            [session_clients::with_front_channel(which)],
        );
        add(all, "logout_outbox::write", [logout_outbox::write(which, NOW)]);
        add(
            all,
            "audit::record_ending",
            [audit::record_ending(&ended, which, &Then)],
        );
    }
    add(
        all,
        "session_clients::inherit",
        [session_clients::inherit("s", "u", "[]")],
    );
    add(
        all,
        "session_clients::forget_oldest",
        session_clients::forget_oldest("s", "u"),
    );
    add(all, "session_clients::names_at", [session_clients::names_at("[]", "c")]);

    let guess = throttles::Guess {
        folded: "ada",
        account: &counter,
        address: &counter,
        known: &[(
            "u".to_owned(),
            Counter {
                key: "own".to_owned(),
                limit: 10,
                window: crate::account::throttle::WINDOW,
            },
        )],
    };
    let [address, account] = [
        throttles::count_address_of(&guess, NOW),
        throttles::count_account_of(&guess, NOW),
    ];
    add(all, "throttles::count_address_of", [address]);
    add(all, "throttles::count_account_of", [account]);
    add(
        all,
        "throttles::count_account_where",
        [throttles::count_account_where(Statement::always(), &guess, NOW)],
    );
    add(
        all,
        "throttles::count_address",
        [throttles::count_address(&counter, NOW)],
    );
    add(
        all,
        "throttles::count_stranger",
        [throttles::count_stranger("c", &counter, NOW)],
    );
    add(all, "throttles::forgive", [throttles::forgive(&counter)]);
    add(
        all,
        "throttles::count_within",
        [throttles::count_within(&counter, &counter, NOW)],
    );
    let room = throttles::has_room(&counter, NOW);
    add(
        all,
        "throttles::count_where",
        [throttles::count_where(room, &counter, NOW)],
    );
    add(all, "throttles::reset", [throttles::reset(&counter)]);
}

pub(super) fn add_roles_to(all: &mut Samples) {
    let role = |holder| RoleOfHolder {
        role: Label::parse("admin").unwrap(),
        holder,
    };
    let roles = Roles::new(
        "c",
        &[role(Holder::Group("g".to_owned())), role(Holder::User("u".to_owned()))],
    );
    let entry = Entry::new(Event::RoleGiven, Actor::Operator);
    add(all, "app_roles::list", [app_roles::list("c", 0, 100)]);
    add(all, "app_roles::list_of_group", [app_roles::list_of_group("g", 200)]);
    add(all, "app_roles::list_apps", [app_roles::list_apps(101)]);
    add(all, "app_roles::have_blank", [app_roles::have_blank("c")]);
    add(all, "app_roles::list_own", [app_roles::list_own(&hash())]);
    add(all, "app_roles::find_problem", [roles.find_problem(&roles)]);
    let none = Roles::new("c", &[]);
    add(all, "app_roles::demand", [none.demand(&none)]);
    add(all, "app_roles::insert", [roles.insert()]);
    add(all, "app_roles::delete", [roles.delete()]);
    add(all, "app_roles::record_insert", [roles.record_insert(&entry, &Then)]);
    add(all, "app_roles::record_delete", [roles.record_delete(&entry, &Then)]);
}

pub(super) fn add_groups_to(all: &mut Samples) {
    let hash = hash();
    let group = Group {
        id: "g".to_owned(),
        name: Label::parse("Admins").unwrap(),
        second_factor_required: true,
        attributes: Default::default(),
        created_at: NOW,
        updated_at: NOW,
    };
    let wanted = crate::admin::group::WantedGroup {
        name: Some(group.name.clone()),
        second_factor_required: Some(true),
        attributes: None,
    };
    add(all, "groups::find", [groups::find("g")]);
    add(all, "groups::list", [groups::list("a", "", 100)]);
    add(all, "groups::list_of", [groups::list_of("u")]);
    add(all, "groups::list_own", [groups::list_own(&hash)]);
    add(all, "groups::find_missing", [groups::find_missing(r#"["g"]"#)]);
    add(all, "groups::insert", [groups::insert(&group)]);
    add(all, "groups::change", [groups::change("g", &wanted, None, NOW)]);
    add(all, "groups::delete", [groups::delete("g")]);
    let pairs = Pairs::new(&["u"], &["g", "h"]);
    let entry = Entry::new(Event::GroupMemberAdded, Actor::Operator);
    add(all, "group_members::find_problem", [pairs.find_problem(true)]);
    add(all, "group_members::demand", [Pairs::new(&[], &[]).demand()]);
    add(all, "group_members::insert", [pairs.insert()]);
    add(all, "group_members::delete", [pairs.delete()]);
    add(
        all,
        "group_members::record_insert",
        [pairs.record_insert(&entry, &Then)],
    );
    add(
        all,
        "group_members::record_delete",
        [pairs.record_delete(&entry, &Then)],
    );
    add(all, "group_members::list", [group_members::list("g", "", 100)]);
}
