//! The one place that reads the clock.

use crate::time::UnixTime;

/// The present time. On the platform it moves on only across I/O.
#[allow(clippy::disallowed_methods)] // Here alone.
pub fn now() -> UnixTime {
    let milliseconds = worker::Date::now().as_millis();
    UnixTime(i64::try_from(milliseconds / 1_000).unwrap_or_default())
}
