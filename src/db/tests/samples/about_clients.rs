//! Clients.

use super::*;

pub(super) fn add_to(all: &mut Samples) {
    let (client, hash, request) = (client(), hash(), request());
    let secret = SecretAtRest::unnamed(hash.clone(), Some(WrappedSecret::new(1, "w")), "s");
    let record = ClientRecord {
        client: Client {
            client_id: "another".to_owned(),
            ..client.clone()
        },
        secret: Some(StoredSecret {
            current: secret.clone(),
            previous: Some((secret.clone(), NOW)),
            more: vec![secret.clone()],
        }),
        registration_token_hash: Some(hash.clone()),
        registered_openly: false,
        unused_since: None,
        last_used_at: None,
    };
    add(all, "clients::find", [clients::find("c")]);
    add(all, "clients::find_version", [clients::find_version("c")]);
    add(all, "clients::is_closed_to", [clients::is_closed_to("c", "u")]);
    add(all, "clients::insert", [clients::insert(&record)]);
    add(
        all,
        "clients::insert_moved",
        [clients::insert_moved(&record, None, NOW)],
    );
    add(all, "clients::put_described", [clients::put_described(&client, NOW)]);
    add(all, "clients::update", [clients::update(&record, 1, NOW)]);
    let moved = client_secrets::move_to_root("c", &hash, &secret);
    add(all, "client_secrets::move_to_root", moved);
    add(
        all,
        "client_secrets::mark_used",
        [client_secrets::mark_used("c", "s", NOW)],
    );
    let logo = client_looks::NewLogo {
        digest: "d".to_owned(),
        media_type: "image/png",
        bytes: vec![1, 2],
        openly: true,
    };
    let unused = Unused {
        never: true,
        days: 30,
        described: false,
    };
    add(
        all,
        "client_approval::approve",
        [client_approval::approve("c", Some(1), NOW)],
    );
    add(all, "client_approval::refuse", [client_approval::refuse("c")]);
    add(
        all,
        "client_approval::count_unused",
        [client_approval::count_unused(unused, NOW, 9)],
    );
    add(
        all,
        "client_approval::delete_unused",
        [client_approval::delete_unused(unused, NOW, 9)],
    );
    add(all, "client_looks::find_logo", [client_looks::find_logo("d")]);
    add(
        all,
        "client_looks::keep_logo",
        [client_looks::keep_logo("c", &logo, NOW)],
    );
    add(
        all,
        "client_looks::bring_logo",
        [client_looks::bring_logo("c", &logo, NOW)],
    );
    add(all, "client_looks::forget_logo", [client_looks::forget_logo("c")]);
    add(
        all,
        "client_looks::has_room_for_strangers",
        [client_looks::has_room_for_strangers()],
    );
    add(all, "client_looks::find_papers", [client_looks::find_papers("c")]);
    add(
        all,
        "client_looks::set_notes",
        [client_looks::set_notes(("c", 1), Some("n"))],
    );
    add(all, "clients::mark_used", [clients::mark_used("c", NOW)]);
    add(all, "clients::delete", [clients::delete("c")]);
    add(all, "clients::delete_own", [clients::delete_own("c", Some(&hash))]);

    add(all, "clients::forget_people", clients::forget_people("c", 1));
    let described = clients::forget_people_of_described(&client);
    add(all, "clients::forget_people_of_described", described);

    add(
        all,
        "grants::allow",
        [None, Some(&hash)].map(|pushed| {
            let allowing = Allowing {
                grant_id: "g",
                session_hash: &hash,
                client: &client,
                request: &request,
                pushed,
            };
            grants::allow(&allowing, NOW)
        }),
    );
    add(all, "grants::revoke", [grants::revoke("u", "c")]);
    add(all, "grants::revoke_own", [grants::revoke_own(&hash, "c")]);
    add(all, "grants::list_own", [grants::list_own(&hash, NOW)]);
    add(all, "grants::list_of", [grants::list_of("u", NOW)]);

    add(all, "pushed_requests::sweep", [pushed_requests::sweep("c", NOW)]);
    add(all, "pushed_requests::find", [pushed_requests::find(&hash, "c", NOW)]);
    let turned_down = [None, Some(Fetcher::Backchannel)].map(|fetcher| {
        let request = HandedIn {
            hash: hash.clone(),
            fetcher,
        };
        pushed_requests::take_turned_down(&request, "c", NOW)
    });
    add(all, "pushed_requests::take_turned_down", turned_down);
    add(
        all,
        "pushed_requests::find_again",
        [pushed_requests::find_again(&hash, NOW)],
    );
    let found = pushed_requests::find_by_user_code("[]", NOW);
    add(all, "pushed_requests::find_by_user_code", [found]);
    add(
        all,
        "pushed_requests::find_asking",
        [pushed_requests::find_asking(&hash, "u", NOW)],
    );
    add(
        all,
        "pushed_requests::list_asking",
        [pushed_requests::list_asking(&hash, NOW)],
    );
    let waiting = pushed_requests::find_waiting(&hash, "c", NOW);
    add(all, "pushed_requests::find_waiting", [waiting]);

    add(
        all,
        "backchannel_outbox::write_answered",
        [backchannel_outbox::write_answered(&hash, NOW)],
    );
    let turned_down = backchannel_outbox::write_turned_down(&hash, NOW);
    add(all, "backchannel_outbox::write_turned_down", turned_down);
    add(all, "backchannel_outbox::take", [backchannel_outbox::take(10, 4, NOW)]);
    add(all, "backchannel_outbox::done", [backchannel_outbox::done(&hash, NOW)]);
    add(
        all,
        "backchannel_outbox::postpone",
        [backchannel_outbox::postpone(&hash, NOW, NOW)],
    );
    add(
        all,
        "backchannel_outbox::end_undelivered",
        [backchannel_outbox::end_undelivered(&hash, NOW)],
    );

    add(all, "logout_outbox::take", [logout_outbox::take("l", 10, NOW)]);
    add(all, "logout_outbox::taken", [logout_outbox::taken("l")]);
    add(all, "logout_outbox::delete", [logout_outbox::delete("[]")]);
    let notice = Notice {
        id: "n".to_owned(),
        client: client.clone(),
        user_id: "u".to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        session_id: "s".to_owned(),
        target: Some("https://app.acme.org/logout".to_owned()),
        attempts: 1,
        created_at: NOW,
    };
    add(
        all,
        "logout_outbox::postpone",
        [logout_outbox::postpone(&notice, 2, NOW)],
    );
    add(
        all,
        "logout_outbox::postpone_all",
        [logout_outbox::postpone_all(&notice, "[]", NOW)],
    );
    add(all, "logout_outbox::release", [logout_outbox::release(&notice, NOW)]);
    add(
        all,
        "logout_outbox::redirect",
        [logout_outbox::redirect(&notice, "t", NOW)],
    );
}

pub(super) fn add_fetches_to(all: &mut Samples) {
    let asking = Asking {
        target: "t",
        claim: "c",
        now: NOW,
    };
    for client_id in [None, Some("c".to_owned())] {
        let charge = Charge {
            counters: [counter(), counter()],
            owner: client_id.clone(),
            client_id,
        };
        add(all, "fetches::count", asking.count(&charge).map(|(query, _)| query));
        add(all, "fetches::claim", [asking.claim(None), asking.claim(Some(&charge))]);
    }
    add(all, "fetches::latest", [Asking::latest::<serde::de::IgnoredAny>("t")]);
    add(all, "fetches::sweep", [fetches::sweep(NOW)]);
    add(all, "fetches::tell", [Asking::tell("t", "c", "{}")]);
}
