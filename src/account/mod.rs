//! People and how they prove who they are. Pure, like `oidc`.

pub mod csrf;
pub mod email;
pub mod held_sessions;
pub mod known_browser;
pub mod name;
pub mod passkey;
pub mod password;
pub mod profile;
pub mod set_up;
pub mod sign_up;
pub mod throttle;
pub mod user;
pub mod user_agent;
