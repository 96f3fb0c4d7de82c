//! People and how they prove who they are. Pure, like `oidc`.

pub mod address_change;
pub(crate) mod base32;
pub mod csrf;
pub mod email;
pub mod group;
pub mod held_sessions;
pub mod invitation;
pub mod known_browser;
pub mod name;
pub mod passkey;
pub mod password;
pub mod profile;
pub mod recovery_code;
pub mod set_up;
pub mod sign_in;
pub mod sign_up;
pub mod throttle;
pub mod token_preview;
pub mod totp;
pub mod trusted_browser;
pub mod user;
pub mod user_agent;
