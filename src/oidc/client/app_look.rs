//! How an app looks to people and where it opens: what the operator decides beside its registration. None of it is on the wire.

use crate::{
    config::Accent,
    routes::{self, Endpoint},
    web::host,
};

/// How an app looks, and where it opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppLook {
    /// The digest of the logo that is kept of it: its address changes when it does.
    pub logo: Option<String>,
    /// The color of buttons on pages that ask on its behalf.
    pub accent: Option<Accent>,
    /// Where people open it from their account.
    pub launch_uri: Option<String>,
}

/// In storage: [`AppLook::logo`].
pub const LOGO: &str = "limen_logo";
/// In storage: [`AppLook::accent`].
pub const ACCENT: &str = "limen_accent";
/// In storage: [`AppLook::launch_uri`].
pub const LAUNCH_URI: &str = "limen_launch_uri";

impl AppLook {
    /// The same at another deployment: its line brings the picture itself.
    #[must_use]
    pub fn moved(self) -> Self {
        Self {
            logo: None,
            accent: self.accent,
            launch_uri: self.launch_uri.filter(|uri| host::is_https(uri)),
        }
    }

    /// The path of its logo.
    pub fn logo_path(&self) -> Option<String> {
        let digest = self.logo.as_ref()?;
        Some(routes::with_segment(Endpoint::AppLogo, digest))
    }

    /// The path of the style sheet with its color.
    pub fn accent_path(&self) -> Option<String> {
        let accent = self.accent?;
        Some(routes::with_segment(Endpoint::AppAccent, &accent.file_name()))
    }
}
