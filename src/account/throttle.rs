//! How often something may be tried: a password of one account from anywhere, one of any account from one address, a
//! registration, a sign-up, or what else strangers can do, from one address.

use crate::{
    network,
    secret::{Key, random_text},
    time::Lifetime,
};

/// The time in which attempts are counted, from the first one on.
pub const WINDOW: Lifetime = Lifetime::minutes(15);

/// A counter of attempts.
pub struct Counter {
    /// Under which it is stored: a keyed hash, so that neither names nor addresses are.
    pub key: String,
    /// How many there may be in its window.
    pub limit: i64,
    /// The time in which they are counted, from the first one on: a [`WINDOW`], or a day.
    pub window: Lifetime,
}

/// The most guesses at one password.
const GUESSES: i64 = 10;

/// The most codes that are tried as a second factor.
const CODES: i64 = 5;

/// The counter of guesses by a name, as it is folded. It is of the name and not of the account: whether two names are of one
/// account, or of any, does not show.
pub fn of_account(key: &Key, folded: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"account", folded.as_bytes()])),
        limit: GUESSES,
        window: WINDOW,
    }
}

/// The counter of guesses at an account in a browser in which its person has signed in before.
pub fn of_known_browser(key: &Key, browser: &str, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"known browser", browser.as_bytes(), user_id.as_bytes()])),
        limit: GUESSES,
        window: WINDOW,
    }
}

/// The counter of guesses in the forms of somebody who is signed in.
pub fn of_session(key: &Key, session_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"session", session_id.as_bytes()])),
        limit: GUESSES,
        window: WINDOW,
    }
}

/// The counter of clients that an address registers where registration is open, `limit` of them at most.
pub fn of_registrations(key: &Key, address: &str, limit: i64) -> Counter {
    Counter {
        limit,
        ..of_network(key, b"registrations", address)
    }
}

/// The counter of changes that clients whom anybody can be make to their own registration from an address.
pub fn of_registration_changes(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 100,
        ..of_network(key, b"registration changes", address)
    }
}

/// The counter of accounts that people at an address try to make.
pub fn of_sign_ups(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 20,
        ..of_network(key, b"sign-ups", address)
    }
}

/// The counter of attempts at the admin token on the page for the first person.
pub fn of_first_person(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 20,
        ..of_network(key, b"first person", address)
    }
}

/// The counter of requests that clients whom anybody can be push from an address.
pub fn of_pushed_requests(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 300,
        ..of_network(key, b"pushed requests", address)
    }
}

/// The counter of requests that devices make from an address for such clients: a cabinet of them is set up in a day.
pub fn of_device_requests(key: &Key, address: &str) -> Counter {
    of_network(key, b"device requests", address)
}

/// The counter of user codes that are typed at an address, and are none.
pub fn of_user_codes(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 50,
        ..of_network(key, b"user codes", address)
    }
}

/// The counter of hints by which a client asks for a person and which name nobody.
pub fn of_unknown_hints(key: &Key, client_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"unknown hints", client_id.as_bytes()])),
        limit: 100,
        window: Lifetime::hours(1),
    }
}

/// The counters of requests by which a client, and all clients together, ask a person without their browser.
pub fn of_asking(key: &Key, client_id: &str, user_id: &str) -> [Counter; 2] {
    let counter = |whose: &str, limit| Counter {
        key: random_text(key.mac(&[b"asking", whose.as_bytes(), user_id.as_bytes()])),
        limit,
        window: Lifetime::hours(1),
    };
    [counter(client_id, 10), counter("", 30)]
}

/// The counter of single access tokens of such clients that are revoked from an address.
pub fn of_revocations(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 300,
        ..of_network(key, b"revocations", address)
    }
}

/// The counter of assertions that such clients use up from an address.
pub fn of_assertions(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 1_000,
        ..of_network(key, b"assertions", address)
    }
}

/// The counter of request objects that an address makes Limen fetch from where such clients say.
pub fn of_request_objects(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 300,
        ..of_network(key, b"request objects", address)
    }
}

/// The counter of keys that an address makes Limen fetch from where clients say whom anybody can be.
pub fn of_client_keys(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 60,
        ..of_network(key, b"client keys", address)
    }
}

/// The counter of what Limen fetches from one host for such clients, whoever brings it about.
pub fn of_fetched_host(key: &Key, host: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"fetched host", host.as_bytes()])),
        limit: 300,
        window: WINDOW,
    }
}

/// The counter of e-mail addresses that a person tries to take: each try tells whether somebody has it.
pub fn of_email_changes(key: &Key, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"email", user_id.as_bytes()])),
        limit: 20,
        window: WINDOW,
    }
}

/// The counter of mails that people at an address ask for, before they have shown who they are.
pub fn of_mail_requests(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 20,
        ..of_network(key, b"mail requests", address)
    }
}

/// The counter of such mails in a day, of which a network has a tenth of what the deployment may send.
pub fn of_mail_requests_a_day(key: &Key, address: &str, daily_limit: i64) -> Counter {
    Counter {
        limit: (daily_limit / 10).max(20),
        window: Lifetime::days(1),
        ..of_network(key, b"mail requests a day", address)
    }
}

/// The counter of codes that a person asks for in a day, for whatever address, whether or not somebody has it.
pub fn of_address_codes(key: &Key, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"address codes", user_id.as_bytes()])),
        limit: 10,
        window: Lifetime::days(1),
    }
}

/// The counter of mails that are asked for by a name, as it is folded, whether or not anybody has it.
pub fn of_mails_for(key: &Key, folded: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"mails for", folded.as_bytes()])),
        limit: 5,
        window: WINDOW,
    }
}

/// The counter of passkeys that a person signs in with or adds, which a program can do all day.
pub fn of_passkeys(key: &Key, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"passkeys", user_id.as_bytes()])),
        limit: 100,
        window: WINDOW,
    }
}

/// The counter of codes that are tried as a second factor of a person: the code of an app is one of a million.
pub fn of_second_factor(key: &Key, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"second factor", user_id.as_bytes()])),
        limit: CODES,
        window: WINDOW,
    }
}

/// The same, in a browser in which they have signed in before: somebody who learned their password cannot lock them out there.
pub fn of_second_factor_in(key: &Key, browser: &str, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"second factor in", browser.as_bytes(), user_id.as_bytes()])),
        limit: CODES,
        window: WINDOW,
    }
}

/// The most codes of a person that are tried in a day: of apps, by mail, and recovery codes.
const CODES_A_DAY: i64 = 30;

/// The counter of codes of a person that are tried in a day. `whose` is the person, or what was typed as their name.
pub fn of_codes_a_day(key: &Key, whose: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"codes a day", whose.as_bytes()])),
        limit: CODES_A_DAY,
        window: Lifetime::days(1),
    }
}

/// The same, in a browser in which they have signed in before.
pub fn of_codes_a_day_in(key: &Key, browser: &str, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"codes a day in", browser.as_bytes(), user_id.as_bytes()])),
        limit: CODES_A_DAY,
        window: Lifetime::days(1),
    }
}

/// The counter of mails that a person asks for in a browser in which they have signed in before.
pub fn of_mails_in(key: &Key, browser: &str, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"mails in", browser.as_bytes(), user_id.as_bytes()])),
        limit: 5,
        window: WINDOW,
    }
}

/// The counter of new passwords of a person that are looked for in leaks.
pub fn of_leak_checks(key: &Key, user_id: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[b"leak checks", user_id.as_bytes()])),
        limit: 20,
        window: WINDOW,
    }
}

/// The counter of codes that are tried from an address.
pub fn of_codes(key: &Key, address: &str) -> Counter {
    of_network(key, b"codes", address)
}

/// The counter of documents that an address makes Limen fetch.
pub fn of_documents(key: &Key, address: &str) -> Counter {
    Counter {
        limit: 60,
        ..of_network(key, b"documents", address)
    }
}

/// The counter of sign-ins from a network address.
pub fn of_address(key: &Key, address: &str) -> Counter {
    of_network(key, b"address", address)
}

fn of_network(key: &Key, what: &[u8], address: &str) -> Counter {
    Counter {
        key: random_text(key.mac(&[what, network::counted(address).as_bytes()])),
        limit: 100,
        window: WINDOW,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    #[test]
    fn counters_are_apart_and_an_ipv6_network_is_one() {
        let key = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::Throttle);
        let own = [
            of_account(&key, "x"),
            of_session(&key, "x"),
            of_known_browser(&key, "x", "x"),
            of_address(&key, "x"),
            of_second_factor(&key, "x"),
            of_second_factor_in(&key, "x", "x"),
            of_codes(&key, "x"),
        ];
        let keys: BTreeSet<_> = own.iter().map(|counter| &counter.key).collect();
        assert_eq!(keys.len(), own.len());
        assert_eq!(
            of_address(&key, "2001:db8::1").key,
            of_address(&key, "2001:db8::ffff:1").key
        );
        assert_ne!(
            of_address(&key, "2001:db8::1").key,
            of_address(&key, "2001:db8:1::1").key
        );
        assert_ne!(of_address(&key, "192.0.2.1").key, of_address(&key, "192.0.2.2").key);
        assert_ne!(of_address(&key, "192.0.2.1").key, of_account(&key, "192.0.2.1").key);
    }
}
