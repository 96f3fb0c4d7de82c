//! How the deployment looks, and which setting makes it so.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    config::{Accent, Brand, Setting, Source},
    pages::{
        messages::{ConsoleLookTexts, ConsoleSystemTexts, LoginTexts},
        text::visible,
    },
    web::color::Color,
};

/// The settings that decide how pages and mails look, and what they link to.
pub const OF_LOOK: [&str; 9] = [
    "BRAND_NAME",
    "LOGO",
    "LOGO_HAS_NAME",
    "ACCENT_COLOR",
    "SIGN_IN_HEADING",
    "SIGN_IN_TEXT",
    "PRIVACY_URL",
    "TERMS_URL",
    "SUPPORT_CONTACT",
];

/// The most letters of a line of a preview.
const LONGEST_LINE: usize = 34;

/// Shows the head of the sign-in page by day and by night, and the settings behind it.
#[derive(Template)]
#[template(path = "console/look.html")]
pub struct ConsoleLookPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    pub brand: &'a Brand,
    /// Where the logo is.
    pub logo: Option<&'a str>,
    /// Those of [`OF_LOOK`] that there are.
    pub settings: Vec<Setting>,
}

/// The colors of a preview.
struct Shades {
    is_dark: bool,
    ground: Color,
    ink: Color,
    button: Color,
    on_button: Color,
    /// Of buttons with whatever is behind them.
    contrast: f64,
}

impl ConsoleLookPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.texts().look)
    }

    fn texts(&self) -> &'static ConsoleLookTexts {
        &self.frame.all_texts().console_look
    }

    fn system(&self) -> &'static ConsoleSystemTexts {
        &self.frame.all_texts().console_system
    }

    fn login(&self) -> &'static LoginTexts {
        &self.frame.all_texts().login
    }

    /// By day and by night, as `limen.css` has them where there is no color of the deployment's own.
    fn shades(&self) -> [Shades; 2] {
        let [white, black] = [Color([0xfc, 0xfd, 0xfc]), Color([0x16, 0x1e, 0x1b])];
        let shades = |is_dark, ground, ink, own: Option<Color>, usual: (Color, Color), grounds: &[Color]| {
            let button = own.unwrap_or(usual.0);
            Shades {
                is_dark,
                ground,
                ink,
                button,
                on_button: own.map_or(usual.1, Color::text_on),
                contrast: button.least_contrast(grounds),
            }
        };
        let (accent, paper) = (self.brand.accent, Color([0xf2, 0xec, 0xdf]));
        let (light, dark) = (accent.map(|accent| accent.light), accent.map(|accent| accent.dark));
        [
            shades(false, white, black, light, (black, white), &Accent::LIGHT_GROUNDS),
            shades(
                true,
                Color([0x19, 0x1f, 0x1d]),
                Color([0xec, 0xee, 0xea]),
                dark,
                (paper, black),
                &Accent::DARK_GROUNDS,
            ),
        ]
    }

    fn of_time(&self, shades: &Shades) -> &'static str {
        match shades.is_dark {
            true => self.texts().by_night,
            false => self.texts().by_day,
        }
    }

    /// Rounded down: 2.96 is not 3.
    fn contrast(&self, shades: &Shades) -> String {
        let number = format!("{:.1}", (shades.contrast * 10.0).floor() / 10.0);
        self.texts().contrast.fill(&number)
    }

    /// The name, where the logo does not show it.
    fn name(&self) -> Option<String> {
        let hidden = self.logo.is_some() && self.brand.logo_has_name;
        let name = self.brand.name.as_deref().unwrap_or("Limen");
        (!hidden).then(|| line(name))
    }

    fn heading(&self) -> String {
        let own = self.brand.heading.of(self.frame.language.tag());
        line(own.unwrap_or(self.login().sign_in))
    }

    fn welcome(&self) -> Option<String> {
        self.brand.welcome.of(self.frame.language.tag()).map(line)
    }

    fn value(&self, setting: &Setting) -> Option<String> {
        setting.value.as_deref().map(|value| visible(value, 2_000))
    }

    fn origin(&self, setting: &Setting) -> &'static str {
        match setting.source {
            Source::Variable => self.system().by_variable,
            Source::Default => self.system().by_default,
            Source::Implied => self.system().implied,
        }
    }
}

/// As much of a text as a preview has room for.
fn line(text: &str) -> String {
    let shown = visible(text, 400);
    match shown.chars().count() > LONGEST_LINE {
        true => shown.chars().take(LONGEST_LINE - 1).chain(['\u{2026}']).collect(),
        false => shown,
    }
}
