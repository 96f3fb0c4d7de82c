//! `PROFILE`: a security profile that every app of the deployment keeps to. An app may have one for itself in its registration.

use serde::{Deserialize, Serialize};

use super::reader::Reader;
use crate::time::Lifetime;

/// A profile, from the one that demands less to the one that demands more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FapiProfile {
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// The same, and FAPI 2.0 Message Signing: requests, answers and introspection are signed.
    Fapi2MessageSigning,
}

/// Settings that a profile fixes, and what it expects of them.
const FIXED: [(&str, &str); 6] = [
    ("FRONT_CHANNEL_TOKENS", "off"),
    ("DEVICE_AUTHORIZATION", "off"),
    ("REQUIRE_PKCE", "all"),
    ("ASSERTION_AUDIENCE", "issuer"),
    ("INSECURE_HTTP_REDIRECTS", "off"),
    // Clients of MCP are public.
    ("MCP", "off"),
];

impl FapiProfile {
    /// "shall issue authorization codes with a maximum lifetime of 60 seconds" (FAPI 2.0 Security Profile section 5.3.2.1).
    pub const LONGEST_CODE: Lifetime = Lifetime(60);

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fapi2 => "fapi2",
            Self::Fapi2MessageSigning => "fapi2_message_signing",
        }
    }

    /// Reads `PROFILE`, and refuses settings that contradict it. What is not set is as it expects.
    pub(super) fn read(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> Option<Self> {
        let words = [Self::Fapi2, Self::Fapi2MessageSigning].map(|profile| (profile.as_str(), Some(profile)));
        let [less, more] = words;
        let profile = reader.choice("PROFILE", None, &[("off", None), less, more])?;
        for (name, expected) in FIXED {
            if let Some(came) = reader.unseen(name).filter(|came| came != expected) {
                profile.refuse(reader, name, &came, expected);
            }
        }
        let code = reader.unseen("CODE_LIFETIME").unwrap_or_default();
        if code.parse().is_ok_and(|seconds| Lifetime(seconds) > Self::LONGEST_CODE) {
            profile.refuse(reader, "CODE_LIFETIME", &code, "at most 60");
        }
        Some(profile)
    }

    fn refuse(self, reader: &mut Reader<impl Fn(&str) -> Option<String>>, name: &str, came: &str, expected: &str) {
        let problem = format!("{name} is {came}, and PROFILE={} expects {expected}", self.as_str());
        reader.problems.push(problem);
    }
}
