//! For how long what was fetched may be kept (RFC 9111 section 5.2.2).

use crate::time::Lifetime;

/// No answer is kept longer than this, whatever it says.
pub const LONGEST: Lifetime = Lifetime::days(1);

/// What `Cache-Control` says: zero for an answer that must not be kept, `None` when it does not say.
pub fn max_age(cache_control: &str) -> Option<Lifetime> {
    let mut seconds = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Lifetime(0)),
            "max-age" => seconds = value.trim().trim_matches('"').parse::<u64>().ok().or(seconds),
            _ => {}
        }
    }
    seconds.map(|seconds| Lifetime(i64::try_from(seconds).unwrap_or(i64::MAX)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_age_is_bounded_and_no_store_wins() {
        assert_eq!(max_age("public, max-age=60"), Some(Lifetime(60)));
        assert_eq!(max_age("Max-Age=\"60\", immutable"), Some(Lifetime(60)));
        assert_eq!(max_age("max-age=99999999999"), Some(LONGEST));
        assert_eq!(max_age("max-age=600, no-store"), Some(Lifetime(0)));
        assert_eq!(max_age("no-cache"), Some(Lifetime(0)));
        for silent in [
            "",
            "public",
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=x",
            "s-maxage=5",
        ] {
            assert_eq!(max_age(silent), None, "{silent}");
        }
    }
}
