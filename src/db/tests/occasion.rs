//! A minute of the tests' own.

use crate::{audit::Occasion, time::UnixTime};

pub const NOW: UnixTime = UnixTime(1_800_000_000);

pub struct Then;

impl Occasion for Then {
    fn now(&self) -> UnixTime {
        NOW
    }

    fn network(&self) -> Option<&str> {
        None
    }

    fn request_id(&self) -> &str {
        "r"
    }
}
