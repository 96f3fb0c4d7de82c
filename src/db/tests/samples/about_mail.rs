//! Those about mails.

use super::*;
use crate::db::released_addresses;

pub(super) fn add_to(all: &mut Samples) {
    let mail = NewMail {
        id: "m",
        user_id: Some("u"),
        kind: Kind::Test,
        address: "ada@acme.org",
        language: "en",
        facts: Facts::default(),
        root: 1,
    };
    add(all, "mail_outbox::write", [mail_outbox::write(&mail, 1_000, NOW)]);
    let notice = NewNotice {
        id: "n",
        user_id: "u",
        kind: Kind::AccountChanged,
        detail: Some("passkey_added"),
        language: None,
        root: 1,
    };
    let conditions = [
        credentials::came("u", "passkey", NOW),
        credentials::is_gone("p"),
        credentials::was_used("p", NOW),
        credentials::is_theirs("u", "p", r#"["passkey"]"#),
        sessions::exists("u", "s"),
        mail_outbox::is_news(&notice, NOW),
    ];
    add(
        all,
        "mail_outbox::notify",
        conditions.map(|condition| mail_outbox::notify(&notice, condition, 1_000, NOW)),
    );
    add(
        all,
        "mail_outbox::write_to_holder",
        [mail_outbox::write_to_holder(&mail, "u", 1_000, NOW)],
    );
    let taken = users::address_is_anothers("ada@acme.org", "u");
    let write_where = mail_outbox::write_where(taken, &mail, 1_000, NOW);
    add(all, "mail_outbox::write_where", [write_where]);
    add(all, "mail_outbox::take", [mail_outbox::take(20, NOW)]);
    add(all, "mail_outbox::take_one", [mail_outbox::take_one("m", NOW)]);
    add(all, "mail_outbox::list_whole", [mail_outbox::list_whole(50, NOW)]);
    add(all, "mail_outbox::sent", [mail_outbox::sent("m", NOW)]);
    let failed = [Some(NOW), None].map(|due_at| mail_outbox::failed("m", due_at, "503"));
    add(all, "mail_outbox::failed", failed);
    let lists = [(None, None), (Some("failed"), Some("m"))];
    add(
        all,
        "mail_outbox::list",
        lists.map(|(state, before)| mail_outbox::list(state, before, 200)),
    );
    add(all, "mail_outbox::find", [mail_outbox::find("m")]);
    add(all, "mail_outbox::count", [mail_outbox::count(NOW)]);
    add(all, "mail_outbox::retry", [mail_outbox::retry("m", NOW)]);
    add(all, "mail_outbox::delete", [mail_outbox::delete("m")]);
    add_codes_to(all);
    add_undo_to(all);
}

fn add_codes_to(all: &mut Samples) {
    let key = CodeKey {
        browser: "b".to_owned(),
        kind: CodeKind::Address,
        folded: "ada@acme.org".to_owned(),
    };
    let new = NewCode {
        typed: "Ada@acme.org",
        destination: "",
        user_id: Some("u"),
    };
    let counter = counter();
    add(
        all,
        "mail_codes::begin",
        [mail_codes::begin(&key, &new, throttles::within(&counter), NOW)],
    );
    add(
        all,
        "mail_codes::attach",
        [mail_codes::attach(&key, ("m", 1), Some("u"))],
    );
    add(all, "mail_codes::try_once", [mail_codes::try_once(&key, NOW)]);
    add(all, "mail_codes::use_up", [mail_codes::use_up(&key, "m", "u", NOW)]);
    let latest = [None, Some("u")].map(|user_id| mail_codes::find_latest("b", CodeKind::Address, user_id, NOW));
    add(all, "mail_codes::find_latest", latest);
    add(
        all,
        "mail_codes::forget",
        [mail_codes::forget("b", CodeKind::Address, "u")],
    );
    let (user, exists) = (user(), || key.exists("m", NOW));
    add(
        all,
        "mail_codes::use_up_for",
        [mail_codes::use_up_for(&key, "m", &user)],
    );
    let release = released_addresses::release(("ada@acme.org", "u"), exists, &Then);
    add(all, "released_addresses::release", release);
    let conditions = users::is_as_read(&user, &hash())
        .and(users::has_confirmed("u", "ada@acme.org"))
        .and(set_up_links::no_recovery_link_since("u", NOW))
        .and(users::are_free(&user))
        .and(users::is_as_given(&user));
    let another = User {
        id: "another".to_owned(),
        ..user.clone()
    };
    add(all, "users::insert_where", [users::insert_where(&another, exists())]);
    let changed = users::update_own_if(&user, &user, &hash(), exists().and(conditions));
    add(all, "users::update_own_if", [changed]);
}

fn add_undo_to(all: &mut Samples) {
    let (user, hash) = (user(), hash());
    let link = UndoLink {
        user_id: "u".to_owned(),
        hash: hash.clone(),
        now: NOW,
    };
    add(
        all,
        "email_undo::make_if_changed",
        [email_undo::make_if_changed("u", "m", (&hash, "ada@acme.org"), NOW)],
    );
    add(all, "email_undo::end_all", [email_undo::end_all(&user)]);
    add(all, "email_undo::find", [email_undo::find(&link)]);
    add(all, "email_undo::list", [email_undo::list("u", NOW)]);
    add(all, "email_undo::give_back", [link.give_back("ada@acme.org")]);
    add(all, "email_undo::take_back", link.take_back(NOW));
    add(all, "email_undo::use_up", [link.use_up(NOW)]);
    add(all, "email_undo::make_recovery_link", [link.make_recovery_link(&hash)]);
}
