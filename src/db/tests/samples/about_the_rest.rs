//! The audit, throttles, notices and housekeeping.

use super::*;
use crate::{
    account::invitation::InvitationId,
    admin::{
        api_key::ApiKey,
        audit_filter::{AuditFilter, Export},
        moving::MovedWebhook,
        operator::OperatorPerson,
        operator_role::{OperatorRole, OperatorRoles},
        webhook::{Format, SecretInForce, WantedWebhook, Webhook},
        webhook_delivery::Standing,
    },
    db::{
        api_keys, audit_log, client_list, ended_sessions, idempotency_keys, moved_rows, operators, people_list,
        states::{self, Kind},
        webhooks,
    },
};

pub(super) fn add_to(all: &mut Samples) {
    let (hash, key) = (hash(), provider_key());
    add(all, "idempotency_keys::claim", [idempotency_keys::claim("h", "b", NOW)]);
    add(all, "idempotency_keys::find", [idempotency_keys::find("h")]);
    add(all, "idempotency_keys::note", [idempotency_keys::note("h", "i")]);
    add(all, "idempotency_keys::give_back", [idempotency_keys::give_back("h")]);
    let kinds = [Kind::User, Kind::Client, Kind::Group, Kind::Api, Kind::Webhook];
    add(all, "states::find", kinds.map(|kind| states::find(kind, "nothing")));
    add(
        all,
        "states::demand",
        kinds.map(|kind| states::demand(kind, "nothing", None)),
    );
    let wrapped = WrappedKey {
        wrapped: "w".to_owned(),
        kek_version: 1,
    };
    add(
        all,
        "signing_keys::current_for_client",
        [signing_keys::current_for_client("c", "[]", NOW)],
    );
    add(
        all,
        "signing_keys::current_for_introspection",
        [signing_keys::current_for_introspection("c", "[]", NOW)],
    );
    add(
        all,
        "signing_keys::current_for_userinfo",
        [signing_keys::current_for_userinfo("c", "[]", NOW)],
    );
    add(
        all,
        "signing_keys::current",
        [signing_keys::current(SigningAlg::RS256, "[]", NOW)],
    );
    add(all, "signing_keys::all", [signing_keys::all()]);
    add(all, "signing_keys::find", [signing_keys::find("k")]);
    add(all, "signing_keys::insert", [signing_keys::insert(&key, &wrapped, NOW)]);
    let retired = signing_keys::retire_predecessors(&key, Lifetime::hours(1));
    add(all, "signing_keys::retire_predecessors", [retired]);
    add(all, "signing_keys::revoke", [signing_keys::revoke("k", NOW)]);
    add(
        all,
        "signing_keys::retire",
        [signing_keys::retire("k", Lifetime::hours(1), NOW)],
    );
    add(
        all,
        "signing_keys::take_over_if_changed",
        [signing_keys::take_over_if_changed("k", NOW)],
    );
    add(
        all,
        "signing_keys::promote_next",
        [signing_keys::promote_next("k", NOW)],
    );
    add(
        all,
        "signing_keys::for_decryption",
        [signing_keys::for_decryption(DecryptionAlg::Rsa, None, NOW)],
    );
    add(
        all,
        "signing_keys::wrapped_under_others",
        [signing_keys::wrapped_under_others(1, NOW)],
    );
    add(all, "signing_keys::rewrap", [signing_keys::rewrap("k", &wrapped, 1)]);

    add(
        all,
        "housekeeping::take_lease",
        [housekeeping::take_lease("cron", NOW, Lifetime::minutes(5))],
    );
    add(
        all,
        "housekeeping::release_lease",
        [housekeeping::release_lease("cron", NOW, Lifetime(60))],
    );
    add(all, "housekeeping::tidy", housekeeping::tidy("start", NOW));

    let entry = Entry::new(Event::SignIn, Actor::Person).user("u");
    add(all, "audit::record", [audit::record(&entry, &Then)]);
    add(
        all,
        "audit::record_if_changed",
        [audit::record_if_changed(&entry, &Then)],
    );
    add(
        all,
        "audit::record_of_stranger",
        audit::record_of_stranger(&entry, &Then),
    );
    let changed = audit::record_of_stranger_if_changed(&entry, &Then);
    add(all, "audit::record_of_stranger_if_changed", changed);
    add(all, "audit::record_guess", audit::record_guess(&entry, &Then));
    add(all, "audit::forget_if_changed", [audit::forget_if_changed("u")]);
    add(all, "audit::tidy", audit::tidy(NOW));
    add(all, "ended_sessions::tidy", [ended_sessions::tidy(NOW)]);
    let page = |filter: AuditFilter<'_>| audit_log::list(&filter, 100);
    add(all, "audit_log::list", [page(AuditFilter::default())]);
    let by = |filter| AuditFilter {
        before: Some(9),
        ..filter
    };
    let none = AuditFilter::default;
    for filter in [
        by(AuditFilter {
            user_id: Some("u"),
            ..none()
        }),
        by(AuditFilter {
            client_id: Some("c"),
            ..none()
        }),
        by(AuditFilter {
            event: Some(Event::SignIn),
            ..none()
        }),
        by(AuditFilter {
            event: Some(Event::KeyRevoked),
            ..none()
        }),
        by(AuditFilter {
            since: Some(NOW),
            until: Some(NOW),
            ..none()
        }),
        AuditFilter {
            user_id: Some("u"),
            client_id: Some("c"),
            operator: Some("o"),
            operator_user_id: Some("o"),
            event: Some(Event::SignIn),
            since: Some(NOW),
            until: Some(NOW),
            before: None,
        },
        AuditFilter {
            event: Some(Event::SignIn),
            since: Some(NOW),
            ..none()
        },
    ] {
        add(all, "audit_log::find_end", [audit_log::find_end(&filter)]);
        add(all, "audit_log::list by something", [page(filter)]);
    }
    for since in [None, Some(NOW)] {
        let after = since.map(|_| 7);
        add(all, "audit_log::export", [audit_log::export(&Export { after, since })]);
    }
    add(all, "housekeeping::note_run", [housekeeping::note_run(NOW)]);
    add(all, "housekeeping::find_last_run", [housekeeping::find_last_run()]);
    add(
        all,
        "mail_outbox::find_oldest_waiting",
        [mail_outbox::find_oldest_waiting()],
    );
    let api_key = ApiKey {
        id: "k".to_owned(),
        name: Label::parse("Sync").unwrap(),
        scopes: vec![],
        made_by: None,
        made_by_user: None,
        made_by_client: None,
        maker: None,
        created_at: NOW,
        expires_at: NOW,
        last_used_at: None,
    };
    add(all, "api_keys::find", [api_keys::find(&hash, NOW)]);
    add(all, "api_keys::mark_used", [api_keys::mark_used("k", NOW)]);
    add(all, "api_keys::insert", [api_keys::insert(&api_key, &hash)]);
    add(all, "api_keys::list", [api_keys::list("", 200)]);
    add(all, "api_keys::find_with_made", [api_keys::find_with_made("k")]);
    add(all, "api_keys::delete", [api_keys::delete("k")]);
    add(all, "audit_log::sign_ins_by_day", [audit_log::sign_ins_by_day(NOW)]);
    add(all, "people_list::count", [people_list::count(9)]);
    add(all, "client_list::count", [client_list::count(9)]);
    for kinds in [None, Some("[\"sign_in\"]")] {
        add(all, "audit_log::walk", [audit_log::walk(7, kinds, None, 20)]);
        add(all, "audit_log::walk", [audit_log::walk(7, kinds, Some("c"), 20)]);
    }
    add(all, "audit_log::walk_end", [audit_log::walk_end(7)]);
    add_webhooks(all);
    let roles = OperatorRoles::of([OperatorRole::Owner]);
    let person = OperatorPerson {
        user_id: "u".to_owned(),
        username: "grace".to_owned(),
        roles: roles.clone(),
        granted_at: NOW,
        stored: "[]".to_owned(),
    };
    add(all, "operators::find", [operators::find("u")]);
    let judged = operators::JudgedRoles::new("u", None);
    add(all, "operators::demand", [judged.demand()]);
    add(all, "operators::have_changed", [judged.have_changed()]);
    add(all, "operators::find_of_session", [operators::find_of_session(&hash)]);
    add(all, "operators::find_of_family", [operators::find_of_family("f")]);
    let first = InvitationId {
        expires_at: NOW,
        random: "r".to_owned(),
    };
    add(
        all,
        "operators::begin_with_first",
        [operators::begin_with_first(&first, "u", NOW)],
    );
    add(all, "operators::list", [operators::list("", 200)]);
    for before in [None, Some(&person)] {
        add(
            all,
            "operators::set",
            [operators::set("u", &roles, before, before, NOW)],
        );
    }
    add(all, "operators::remove", [operators::remove(&person, Some(&person))]);
    let leaving = [None, Some(&hash)].map(|own| operators::record_leaving("u", own, &Then));
    add(all, "operators::record_leaving", leaving);
    add(
        all,
        "operators::end_set_up_link",
        [operators::end_set_up_link("u", NOW)],
    );
    add(all, "audit_log::list_own", [audit_log::list_own(&hash, None, 100)]);
}

fn add_webhooks(all: &mut Samples) {
    let webhook = Webhook {
        format: Format::Set,
        client_id: Some("c".to_owned()),
        events: Some(vec!["sign_in".to_owned()]),
        ..Webhook::new(
            "w".to_owned(),
            (Label::parse("SIEM").unwrap(), "https://siem.acme.org/".to_owned()),
            SecretInForce {
                generation: 1,
                root: 1,
                previous: None,
            },
            NOW,
        )
    };
    let standing = Standing {
        position: 7,
        due_at: Some(NOW),
        failures: 1,
        refusals: 0,
        failing_since: Some(NOW),
        given_up_at: None,
        problem: None,
        passed_over: 0,
        delivered_at: None,
    };
    add(all, "webhooks::insert", [webhooks::insert(&webhook)]);
    let moved = MovedWebhook {
        webhook: webhook.clone(),
        needs_secret: false,
        has_known_secret: true,
    };
    add(all, "moved_rows::webhook", [moved_rows::webhook(&moved)]);
    add(all, "webhooks::list", [webhooks::list("", 200)]);
    add(all, "webhooks::find", [webhooks::find("w")]);
    add(
        all,
        "webhooks::change",
        [webhooks::change("w", &WantedWebhook::default(), NOW)],
    );
    add(
        all,
        "webhooks::renew_secret",
        [webhooks::renew_secret(&webhook, false, (1, NOW), NOW)],
    );
    add(all, "webhooks::mark_tested", [webhooks::mark_tested("w", NOW)]);
    add(all, "webhooks::delete", [webhooks::delete("w")]);
    add(all, "webhooks::take", [webhooks::take("l", NOW)]);
    add(all, "webhooks::finish", [webhooks::finish("w", &standing, "l")]);
    add(all, "webhooks::advance", [webhooks::advance("w", 7, 0, Some(NOW))]);
    add(all, "webhooks::find_failing", [webhooks::find_failing(NOW)]);
}
