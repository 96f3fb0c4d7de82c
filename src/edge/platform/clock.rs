//! The one place that reads the clock.

use crate::time::UnixTime;

/// The present time in milliseconds, for measuring.
#[allow(clippy::disallowed_methods)] // Here alone.
pub fn milliseconds() -> f64 {
    js_sys::Date::now()
}

/// The present time. On the platform it moves on only across I/O.
#[allow(clippy::disallowed_methods)] // Here alone.
pub fn now() -> UnixTime {
    // A number of milliseconds far below 2^53.
    UnixTime((js_sys::Date::now() / 1_000.0) as i64)
}
