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
