//! `LEAKED_PASSWORDS`: who is asked whether a new password stands in a published leak.

use super::reader::Reader;
use crate::web::fetch_url::{FetchUrl, LoopbackFetches};

/// The range search of Have I Been Pwned.
const PWNED_PASSWORDS: &str = "https://api.pwnedpasswords.com/range/";

/// A service that takes the first five digits of a SHA-1 hash at the end of its address, and tells the rest of those it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakService {
    base: String,
    loopback: LoopbackFetches,
}

impl LeakService {
    /// Where to ask about hashes that begin with `told`.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn about(&self, told: &str) -> Result<FetchUrl, &'static str> {
        FetchUrl::parse(&format!("{}{told}", self.base), self.loopback)
    }

    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        loopback: LoopbackFetches,
    ) -> Option<Self> {
        // The address of a service may have a key in it.
        let is_word = |text: &String| ["on", "off"].contains(&text.as_str());
        if reader.unseen("LEAKED_PASSWORDS").is_none_or(|text| is_word(&text)) {
            reader.shown_or("LEAKED_PASSWORDS", "off");
        }
        let text = reader.text("LEAKED_PASSWORDS")?;
        let base = match text.as_str() {
            "off" => return None,
            "on" => PWNED_PASSWORDS.to_owned(),
            _ => text,
        };
        let service = Self { base, loopback };
        match service.about("00000") {
            Ok(_) if service.base.ends_with('/') => Some(service),
            _ => {
                let problem = "LEAKED_PASSWORDS must be on, off, or an https URL that ends with a slash";
                reader.problems.push(problem.to_owned());
                None
            }
        }
    }
}
