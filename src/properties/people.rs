//! Names of people, and the policy of the pages that show them.

use serde_json::{Map, Value};

use super::{config, text};
use crate::{
    account::{email, name, user::Username},
    admin::moving::{CredentialKind, Import, Line, Moved},
    pages::{Csp, CspSource, FormAction, content_security_policy},
    readable,
    time::UnixTime,
};

/// A name is one text: prepared and folded once or twice, by whoever asks. What is a name can be seen.
pub fn names(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let prepared = name::prepare(text);
    assert_eq!(name::prepare(&prepared), prepared);
    // A few letters of rare scripts look Latin by way of another script: U+1260 is folded to U+0578, and that to n.
    let folded = name::fold(&name::fold(&prepared));
    assert_eq!(name::fold(&folded), folded);
    if let Ok(username) = Username::parse(text) {
        assert_eq!(
            Username::parse(username.as_str()).as_ref(),
            Ok(&username),
            "typed as it is shown"
        );
        assert!(!username.as_str().contains(readable::is_invisible));
        assert_eq!(username.folded(), name::fold(&name::prepare(username.as_str())));
    }
    if let Ok(address) = email::parse(text) {
        assert_eq!(address.matches('@').count(), 1);
        assert_eq!(email::parse(&address).as_ref(), Ok(&address));
        assert!(!address.contains(['<', '>', '"', ',', ';', '\r', '\n']) && !address.contains(readable::is_invisible));
        assert_eq!(email::fold(&email::fold(&address)), email::fold(&address));
    }
    let visible = readable::without_invisible(text);
    assert_eq!(readable::without_invisible(&visible), visible);
}

/// Whatever client a page leads to, its policy has the same directives, and lets forms go to one more place at most.
pub fn policy(input: &[u8]) {
    let Some(uri) = text(input) else { return };
    for source in [CspSource::for_redirect_uri(uri), CspSource::for_redirects_from(uri)] {
        let added = usize::from(source.is_some());
        let policy = content_security_policy(Csp {
            form_action: source.map_or(FormAction::Own, FormAction::OwnAnd),
            script_nonce: Some(uri.to_owned()),
            frames: Vec::new(),
        });
        assert!(policy.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let directives: Vec<Vec<&str>> = policy
            .split("; ")
            .map(|directive| directive.split(' ').collect())
            .collect();
        for directive in &directives {
            match directive.as_slice() {
                ["form-action", "'self'", others @ ..] => assert_eq!(others.len(), added, "{policy}"),
                ["script-src", nonce] => assert!(nonce.starts_with("'nonce-") && nonce.ends_with('\''), "{policy}"),
                ["img-src", "'self'", "data:"] | ["style-src", "'self'"] => {}
                [_, "'none'"] => {}
                other => unreachable!("{other:?} in {policy}"),
            }
        }
    }
}

/// What a line of an export becomes can be stored: ids fit into cookies and links, times are over, and nothing under a root key that is not
/// here is kept.
pub fn moved_line(input: &[u8]) {
    let body = [b"{\"lines\":[", input, b"]}"].concat();
    let Ok(import) = Import::parse(&body) else { return };
    let (config, roots_there, now) = (config(), Map::new(), UnixTime(1_800_000_000));
    let moved = Moved {
        roots_there: &roots_there,
        config: &config,
        now,
    };
    let is_id = |id: &str| (1..=64).contains(&id.len()) && !id.contains([' ', '.', ':', '~', '"', '/']);
    for line in &import.lines {
        let Ok(read) = Line::read(line, [7; 32], &moved) else {
            continue;
        };
        assert_eq!(read.needs().is_none(), matches!(read, Line::Nothing));
        if let Some(user_id) = read.changes_account() {
            assert!(is_id(user_id), "{user_id}");
        }
        match read {
            Line::Group(group) => assert!(is_id(&group.id) && group.created_at <= now),
            Line::Person(user) => {
                assert!(user.created_at <= now && user.disabled_at.is_none_or(|at| at <= now));
                assert_eq!(Username::parse(user.username.as_str()).as_ref(), Ok(&user.username));
            }
            Line::App(app) => {
                assert!(app.current.is_none() && app.previous.is_none() && app.more.is_empty());
                assert!(!app.metadata.may_administer && app.registration_token_hash.is_none());
            }
            Line::Credential(credential) => match credential.kind {
                CredentialKind::Passkey(text) => {
                    let passkey: Value = serde_json::from_str(&text).unwrap_or_default();
                    assert!(passkey.get("jwk").is_some_and(|jwk| jwk.get("d").is_none()), "{text}");
                }
                CredentialKind::SealedTotp(_) => unreachable!("no root key is the same"),
                CredentialKind::RecoveryCodes(hashes) => assert_eq!(hashes, "[]"),
                CredentialKind::Password(_) | CredentialKind::PlainTotp(_) => {}
            },
            _ => {}
        }
    }
}
