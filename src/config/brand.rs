//! `BRAND_NAME`, `ACCENT_COLOR`, `LOGO`, `LOGO_HAS_NAME`, `PRIVACY_URL`, `SIGN_IN_HEADING`, `SIGN_IN_TEXT`: how a deployment looks.

use std::{collections::BTreeMap, fmt};

use super::{logo::Logo, reader::Reader};
use crate::{
    readable::{is_readable, without_invisible},
    web::{color::Color, host::is_https, json},
};

/// How a deployment looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// `BRAND_NAME`.
    pub name: Option<String>,
    /// `ACCENT_COLOR`.
    pub accent: Option<Accent>,
    /// `LOGO`.
    pub logo: Option<Logo>,
    /// `LOGO_HAS_NAME`: whether the logo shows the name.
    pub logo_has_name: bool,
    /// `PRIVACY_URL`.
    pub privacy: Option<String>,
    /// `SIGN_IN_HEADING`.
    pub heading: OwnText,
    /// `SIGN_IN_TEXT`.
    pub welcome: OwnText,
}

/// The color of buttons, outlines and ornaments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// By day.
    pub light: Color,
    /// By night.
    pub dark: Color,
}

impl Accent {
    /// What the pages have behind it by day: door, wall and floor of `limen.css`.
    pub const LIGHT_GROUNDS: [Color; 3] = [
        Color([0xfc, 0xfd, 0xfc]),
        Color([0xe8, 0xeb, 0xe9]),
        Color([0xd9, 0xde, 0xda]),
    ];
    /// The same by night.
    pub const DARK_GROUNDS: [Color; 3] = [
        Color([0x19, 0x1f, 0x1d]),
        Color([0x11, 0x15, 0x14]),
        Color([0x0b, 0x0e, 0x0d]),
    ];
    /// "Visual information required to identify user interface components" (WCAG 2.2, 1.4.11).
    const OF_CONTROLS: f64 = 3.0;

    /// Reads one color, or two: by day and by night. Of one, the shade by night is made where it needs another.
    ///
    /// # Errors
    /// What is wrong, with the nearest shade that is right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let colors: Option<Vec<_>> = text.split_whitespace().map(Color::parse).collect();
        let (light, dark) = match colors.as_deref() {
            Some([light]) => (
                *light,
                light.apart_from(&Self::DARK_GROUNDS, Self::OF_CONTROLS, Color::WHITE),
            ),
            Some([light, dark]) => (*light, *dark),
            _ => return Err("must be a color such as #0b57d0, or two, for light and dark pages".to_owned()),
        };
        stands_out(light, &Self::LIGHT_GROUNDS, "light", Color::BLACK)?;
        stands_out(dark, &Self::DARK_GROUNDS, "dark", Color::WHITE)?;
        Ok(Self { light, dark })
    }
}

impl fmt::Display for Accent {
    /// As [`Accent::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.light, self.dark)
    }
}

impl Accent {
    /// The name of a file with its rules: `0b57d0-a8c7fa.css`.
    pub fn file_name(self) -> String {
        format!("{self}.css").replace('#', "").replace(' ', "-")
    }

    /// The accent of such a name. Nothing but two colors that stand out can come of one.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (light, dark) = name.strip_suffix(".css")?.split_once('-')?;
        Self::parse(&format!("#{light} #{dark}"))
            .ok()
            .filter(|accent| accent.file_name() == name)
    }
}

fn stands_out(color: Color, grounds: &[Color], pages: &str, end: Color) -> Result<(), String> {
    let contrast = color.least_contrast(grounds);
    if contrast >= Accent::OF_CONTROLS {
        return Ok(());
    }
    let nearest = color.apart_from(grounds, Accent::OF_CONTROLS, end);
    Err(format!(
        "{color} has a contrast of {:.1} to 1 with {pages} pages, and buttons need 3 to 1: the nearest shade that has it is {nearest}. Two \
         colors, such as #0b57d0 #a8c7fa, are for light and dark pages",
        // Rounded down: 2.96 is not 3.
        (contrast * 10.0).floor() / 10.0
    ))
}

/// A text in place of one of Limen's, in some languages or in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnText {
    everywhere: Option<String>,
    by_language: BTreeMap<String, String>,
}

impl OwnText {
    /// The text for a language, by its tag.
    pub fn of(&self, language: &str) -> Option<&str> {
        self.by_language
            .get(language)
            .or(self.everywhere.as_ref())
            .map(String::as_str)
    }

    /// Reads a text, or a JSON object of texts by language.
    fn parse(text: &str, longest: usize) -> Result<Self, String> {
        let by_language: BTreeMap<String, String> = match text.starts_with('{') {
            true => json::parse(text).ok_or_else(|| {
                r#"must be a text, or a JSON object such as {"en": "Welcome", "de": "Willkommen"}"#.to_owned()
            })?,
            false => BTreeMap::new(),
        };
        let is_tag = |tag: &String| tag.len() == 2 && tag.bytes().all(|byte| byte.is_ascii_lowercase());
        if !by_language.keys().all(is_tag) {
            return Err("must name languages by two letters, such as en".to_owned());
        }
        let everywhere = (!text.starts_with('{')).then(|| text.to_owned());
        let is_there = everywhere.is_some() || !by_language.is_empty();
        if !is_there
            || !by_language
                .values()
                .chain(&everywhere)
                .all(|text| is_line(text, longest))
        {
            return Err(format!("must be of 1 to {longest} characters, in one line"));
        }
        Ok(Self {
            everywhere,
            by_language,
        })
    }
}

/// Whether a text can be read, in one line of that many characters.
fn is_line(text: &str, longest: usize) -> bool {
    let is_plain = !text.contains(char::is_control) && without_invisible(text) == text;
    is_plain && is_readable(text) && text.chars().count() <= longest
}

const LONGEST_BRAND: usize = 40;
const LONGEST_HEADING: usize = 80;
const LONGEST_WELCOME: usize = 300;

impl Brand {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        let name = reader.shown("BRAND_NAME");
        if !name.as_deref().is_none_or(|name| is_line(name, LONGEST_BRAND)) {
            let problem = format!("BRAND_NAME must be of 1 to {LONGEST_BRAND} characters, in one line");
            reader.problems.push(problem);
        }
        let accent = reader.shown("ACCENT_COLOR").map(|text| Accent::parse(&text));
        let logo = reader.unseen("LOGO").map(|text| Logo::parse(&text));
        let summary = logo
            .as_ref()
            .map(|logo| logo.as_ref().map_or_else(|_| "unreadable".to_owned(), Logo::summary));
        reader.tell("LOGO", summary);
        if logo.is_some() && name.is_none() {
            let problem = "LOGO needs BRAND_NAME, which says in words what it shows";
            reader.problems.push(problem.to_owned());
        }
        Self {
            accent: accept(reader, "ACCENT_COLOR", accent),
            logo: accept(reader, "LOGO", logo),
            logo_has_name: reader.choice("LOGO_HAS_NAME", false, &[("off", false), ("on", true)]),
            privacy: privacy(reader),
            heading: own_text(reader, "SIGN_IN_HEADING", LONGEST_HEADING),
            welcome: own_text(reader, "SIGN_IN_TEXT", LONGEST_WELCOME),
            name,
        }
    }
}

fn accept<F, T>(reader: &mut Reader<F>, name: &str, parsed: Option<Result<T, String>>) -> Option<T> {
    parsed?
        .map_err(|problem| reader.problems.push(format!("{name} {problem}")))
        .ok()
}

fn own_text<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>, name: &str, longest: usize) -> OwnText {
    let parsed = reader.shown(name).map(|text| OwnText::parse(&text, longest));
    accept(reader, name, parsed).unwrap_or_default()
}

fn privacy<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<String> {
    let url = reader.shown("PRIVACY_URL")?;
    if !is_https(&url) {
        reader.problems.push("PRIVACY_URL must be an https URL".to_owned());
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accent(text: &str) -> Result<String, String> {
        Accent::parse(text).map(|accent| format!("{} {}", accent.light, accent.dark))
    }

    #[test]
    fn an_accent_stands_out_on_every_ground_by_day_and_by_night() {
        assert_eq!(accent("#0b57d0 #a8c7fa").as_deref(), Ok("#0b57d0 #a8c7fa"));
        // One that does not show at night has another shade there.
        for color in ["#0b57d0", "#1a237e", "#000000", "#b3261e", "#006a6a", "#7a4b00"] {
            let accent = Accent::parse(color).unwrap();
            assert_eq!(accent.light.to_string(), color);
            assert!(accent.dark.least_contrast(&Accent::DARK_GROUNDS) >= 3.0, "{color}");
        }
    }

    #[test]
    fn an_accent_has_a_file_that_nobody_can_write_into() {
        let accent = Accent::parse("#0b57d0 #a8c7fa").unwrap();
        assert_eq!(accent.file_name(), "0b57d0-a8c7fa.css");
        assert_eq!(Accent::of_file_name("0b57d0-a8c7fa.css"), Some(accent));
        assert_eq!(Accent::parse(&accent.to_string()), Ok(accent));
        for wrong in [
            "",
            ".css",
            "0b57d0.css",
            "0B57D0-a8c7fa.css",
            "ffcc00-a8c7fa.css",
            "0b57d0-a8c7fa",
            "0b57d0-a8c7fa }.css",
            "a-b-c.css",
        ] {
            assert_eq!(Accent::of_file_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_accent_that_does_not_stand_out_is_refused_with_the_nearest_that_does() {
        for (text, pages) in [
            ("#ffcc00", "light"),
            ("#ffffff", "light"),
            ("#d9deda", "light"),
            ("#0b57d0 #111514", "dark"),
            ("#0b57d0 #1a237e", "dark"),
        ] {
            let problem = accent(text).unwrap_err();
            assert!(problem.contains(&format!("to 1 with {pages} pages")), "{problem}");
            let (_, nearest) = problem.split_once("that has it is ").unwrap();
            let nearest = nearest.split('.').next().unwrap();
            let mended = match pages {
                "light" => nearest.to_owned(),
                _ => format!("#0b57d0 {nearest}"),
            };
            assert!(accent(&mended).is_ok(), "{mended}");
        }
        let problem = accent("#ffcc00").unwrap_err();
        assert!(
            problem.starts_with("#ffcc00 has a contrast of 1.1 to 1 with light pages"),
            "{problem}"
        );
    }

    #[test]
    fn what_is_no_color_is_refused_with_what_is_one() {
        for text in [
            "",
            "blue",
            "#fff",
            "#0b57d0 #a8c7fa #000000",
            "#0b57d0;}body{",
            "rgb(1 2 3)",
            "#0b57d0, #a8c7fa",
        ] {
            assert!(
                accent(text).unwrap_err().starts_with("must be a color such as #0b57d0"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_is_for_all_languages_or_for_those_that_it_names() {
        let text = OwnText::parse("Welcome to Acme", 80).unwrap();
        assert_eq!(
            (text.of("en"), text.of("de")),
            (Some("Welcome to Acme"), Some("Welcome to Acme"))
        );
        let text = OwnText::parse(r#"{"de": "Willkommen"}"#, 80).unwrap();
        assert_eq!((text.of("en"), text.of("de")), (None, Some("Willkommen")));
        assert_eq!(OwnText::default().of("en"), None);
        for wrong in [
            "a\nb",
            "\u{202e}knaB",
            "\u{3164}",
            "{",
            "{}",
            r#"{"en": 1}"#,
            r#"{"en": ""}"#,
            r#"{"en": "a", "en": "b"}"#,
            r#"{"english": "Welcome"}"#,
            r#"{"en": "a\u0000"}"#,
            &"x".repeat(81),
        ] {
            assert!(OwnText::parse(wrong, 80).is_err(), "{wrong:?}");
        }
    }
}
