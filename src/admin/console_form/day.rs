//! The days that forms ask for.

use std::ops::Range;

use crate::{oidc::error::OAuthError, time::UnixTime};

/// When a day begins in UTC, as fields for dates write it: `2026-11-24`.
///
/// # Errors
/// `invalid_request` for what is no day, or one before 1970.
pub fn day(text: &str) -> Result<UnixTime, OAuthError> {
    let begins = read(text).filter(|begins| begins.seconds() >= 0);
    begins.ok_or_else(|| OAuthError::invalid_request("a day is written as 2026-11-24"))
}

fn read(text: &str) -> Option<UnixTime> {
    let number = |range: Range<usize>| {
        let digits = text.get(range)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    let is_spelled = text.len() == 10 && text.get(4..5)? == "-" && text.get(7..8)? == "-";
    let begins = UnixTime::of_date(number(0..4)?, number(5..7)?, number(8..10)?);
    begins.filter(|_| is_spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_utc() {
        let seconds = |text| day(text).ok().map(UnixTime::seconds);
        assert_eq!(seconds("1970-01-01"), Some(0));
        assert_eq!(seconds("2000-03-01"), Some(951_868_800));
        assert_eq!(seconds("2026-11-29"), Some(1_795_910_400));
        assert_eq!(seconds("2028-02-29"), Some(1_835_395_200));
        for wrong in [
            "",
            "2026-11-2",
            "2026-13-01",
            "2026-00-01",
            "2026-11-32",
            "2026-02-29",
            "2026-11-31",
            "2100-02-29",
            "26-11-2900",
            "2026/11/29",
            "+026-11-29",
            "2026-11-2\u{e9}",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
