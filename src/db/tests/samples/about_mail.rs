//! Those about mails.

use super::*;

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
    add(
        all,
        "mail_outbox::write_if_changed",
        [mail_outbox::write_if_changed(&mail, 1_000, NOW)],
    );
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
}
