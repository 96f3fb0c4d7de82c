//! E-mail addresses, which are also names to sign in with: a dot-atom and a domain (RFC 5321 section 4.1.2, RFC 6531).

use super::name;
use crate::web::host::is_domain;

/// What stands in the local part beside letters and digits: the signs of a dot-atom (RFC 5322 section 3.2.3) without those that
/// mean something in lists, in markup or to old relays.
const SIGNS: &str = ".!#$'*+-/=?^_{}~";

/// The most bytes of an address and of its local part (RFC 5321 section 4.5.3.1).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// Takes an address as somebody typed it; the domain is written in small letters.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse(typed: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be an e-mail address";
    let (local, domain) = typed.split_once('@').ok_or(WRONG)?;
    let (local, domain) = (name::nfc(&name::of_width(local)), name::prepare(domain));
    let is_atom = local.split('.').all(|part| !part.is_empty()) && name::is_name(&name::prepare(&local), SIGNS);
    let address = format!("{local}@{domain}");
    if is_atom && is_domain(&domain) && local.len() <= LONGEST_LOCAL && address.len() <= LONGEST {
        Ok(address)
    } else {
        Err(WRONG)
    }
}

/// The text by which addresses are compared. Of what is none it is any text.
pub fn fold(typed: &str) -> String {
    let (local, domain) = typed.rsplit_once('@').unwrap_or((typed, ""));
    format!("{}@{}", name::fold(&name::prepare(local)), name::prepare(domain))
}

/// The text by which mails to an address are counted: of what stands behind a plus sign, one mailbox has as many as it likes.
pub fn fold_for_limits(address: &str) -> String {
    let folded = fold(address);
    match folded
        .rsplit_once('@')
        .map(|(local, domain)| (local.split_once('+'), domain))
    {
        Some((Some((mailbox, _)), domain)) if !mailbox.is_empty() => format!("{mailbox}@{domain}"),
        _ => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_day_are_addresses() {
        for (typed, address) in [
            ("a@b.org", "a@b.org"),
            ("Ada.Lovelace+x@Mail.Example.ORG", "Ada.Lovelace+x@mail.example.org"),
            ("o'brien@b-c.co", "o'brien@b-c.co"),
            ("j\u{fc}rgen@b.example", "j\u{fc}rgen@b.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("7_a@7.museum", "7_a@7.museum"),
            ("\u{ff21}@b\u{ff0e}org", "A@b.org"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(address));
        }
    }

    #[test]
    fn lists_markup_and_what_cannot_be_seen_are_none() {
        for typed in [
            "",
            "a",
            "@b.org",
            "a@b",
            "a@.org",
            "a@b.",
            "a@b..org",
            "a@b.org.",
            "a@",
            ".a@b.org",
            "a.@b.org",
            "a..b@b.org",
            "a b@c.org",
            "a@b@c.org",
            "a@b.org,c@d.org",
            "a@b.org;c@d.org",
            "<a@b.org>",
            "A <a@b.org>",
            "a<b>@c.org",
            "a&b@c.org",
            "\"a b\"@c.org",
            "a\\b@c.org",
            "a:b@c.org",
            "a(b)@c.org",
            "a%b@c.org",
            "a|b@c.org",
            "a`b@c.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@1.1",
            "a@b_c.org",
            "a@-b.org",
            "a@b-.org",
            "a@b.org\0",
            "a@b.org\n",
            "a\r\nbcc:x@b.org",
            "a\u{200b}@b.org",
            "a@b\u{ad}c.org",
            "a@b\u{3164}.org",
            "\u{202e}a@b.org",
            "a@b\u{3002}\u{200d}org",
            "\u{430}a@b.org",
            "a@gm\u{430}il.com",
            "a@b.org/x",
            "a@b.org?x",
            "a@b.org#x",
            "a@b%2eorg",
            "a@b\u{fc}cher.example",
        ] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
        assert!(parse(&format!("{}@b.org", "a".repeat(65))).is_err());
        assert!(parse(&format!("a@{}org", "abcdefgh.".repeat(30))).is_err());
    }

    #[test]
    fn addresses_of_one_mailbox_are_counted_together() {
        for (address, counted) in [
            ("Ada+x+y@b.org", "ada@b.org"),
            ("ada@b.org", "ada@b.org"),
            ("+x@b.org", "+x@b.org"),
            ("ada", "ada@"),
        ] {
            assert_eq!(fold_for_limits(address), fold(counted), "{address}");
        }
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        for (a, b) in [
            ("Ada@Example.org", "ada@example.ORG"),
            ("J\u{dc}RGEN@b.org", "j\u{fc}rgen@b.org"),
            ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
            ("\u{ff41}@b.org", "a@b.org"),
        ] {
            assert_eq!(fold(a), fold(b));
        }
        assert_ne!(fold("a@b.org"), fold("a@c.org"));
        assert_eq!(fold("a@b@c.org"), "a@b@c.org");
    }
}
