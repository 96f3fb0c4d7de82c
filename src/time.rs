//! Points in time and spans of it, in whole seconds (`NumericDate` of RFC 7519 section 2).

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point in time: seconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(pub i64);

/// A span of time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lifetime(pub i64);

impl UnixTime {
    /// The seconds since the epoch.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// In UTC, as RFC 3339 writes it: `2026-11-24T14:32:05Z`.
    pub fn to_rfc3339(self) -> String {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(86_400);
        let (hours, minutes) = (second / 3_600, second / 60 % 60);
        format!(
            "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z",
            second % 60
        )
    }

    /// Year, month and day in UTC: "days from civil" turned around, of Howard Hinnant's "chrono-compatible low-level date
    /// algorithms".
    pub fn date(self) -> (i64, i64, i64) {
        let days = self.0.div_euclid(86_400) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year, month, day)
    }

    /// When a day begins in UTC, by its year, month and day; none where the calendar has no such day. "Days from civil", by the same
    /// paper as [`UnixTime::date`].
    pub fn of_date(year: i64, month: i64, day: i64) -> Option<Self> {
        let (of_march, shifted) = match month {
            1..=2 => (year.checked_sub(1)?, month + 9),
            3..=12 => (year, month - 3),
            _ => return None,
        };
        let (era, of_era) = (of_march.div_euclid(400), of_march.rem_euclid(400));
        let day_of_year = (153 * shifted + 2) / 5 + day.checked_sub(1)?;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
        let days = era
            .checked_mul(146_097)?
            .checked_add(day_of_era)?
            .checked_sub(719_468)?;
        let begins = Self(days.checked_mul(86_400)?);
        // The 30th of February would be a day of March.
        (begins.date() == (year, month, day)).then_some(begins)
    }

    /// How long ago `earlier` was; negative when it lies ahead.
    pub fn since(self, earlier: UnixTime) -> Lifetime {
        Lifetime(self.0.saturating_sub(earlier.0))
    }
}

impl Lifetime {
    /// 365 days.
    pub const YEAR: Self = Self::days(365);

    /// A span of whole minutes.
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60)
    }

    /// A span of whole hours.
    pub const fn hours(n: i64) -> Self {
        Self(n * 3_600)
    }

    /// A span of whole days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self(n * 86_400)
    }

    /// The span in minutes, begun ones as whole.
    pub fn minutes_begun(self) -> i64 {
        (self.0 + 59) / 60
    }

    /// The span in seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl Add<Lifetime> for UnixTime {
    type Output = UnixTime;

    fn add(self, span: Lifetime) -> UnixTime {
        UnixTime(self.0.saturating_add(span.0))
    }
}

impl Sub<Lifetime> for UnixTime {
    type Output = UnixTime;

    fn sub(self, span: Lifetime) -> UnixTime {
        UnixTime(self.0.saturating_sub(span.0))
    }
}

impl Add for Lifetime {
    type Output = Lifetime;

    fn add(self, other: Lifetime) -> Lifetime {
        Lifetime(self.0.saturating_add(other.0))
    }
}
