//! How a deployment looks: what the settings put in the place of Limen's name, mark, icon and colors. A page is made as Limen's
//! and dressed when it is sent, so none can forget it.

use std::{fmt::Write, rc::Rc};

use askama::Template;

use super::{
    layout,
    messages::Language,
    style::{STYLESHEET, STYLESHEET_VERSION, digest, stylesheet_href},
};
use crate::{
    config::{Accent, Config, LogoFormat},
    routes::Endpoint,
    web::color::Color,
};

/// The icon, as the frame of every page has it.
pub(super) const ICON: &str = "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 \
     32'%3E%3Crect width='32' height='32' rx='6' fill='%23161e1b'/%3E%3Cpath d='M10 23V8h12v15' fill='none' stroke='%23f4f1ea' \
     stroke-width='2.5'/%3E%3Cpath d='M10 8l6.5 3.5V23H10z' fill='%23f4f1ea'/%3E%3Cpath d='M5 24.5h22' stroke='%23f0b04f' \
     stroke-width='3'/%3E%3C/svg%3E\">";

/// The mark and the name, likewise.
pub(super) const MARK: &str = "<svg class=\"mark\" viewBox=\"0 0 32 32\" width=\"28\" height=\"28\" aria-hidden=\"true\" focusable=\"false\">\n\
     <path d=\"M8 25V5h16v20\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>\n\
     <path d=\"M8 5l9 4.5V25H8z\" fill=\"currentColor\"/>\n\
     <path class=\"lamp\" d=\"M2 27h28\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\"/>\n\
     </svg>\n<span class=\"wordmark\">Limen</span>";

/// What ends a page's foot.
const END_OF_FLOOR: &str = "</footer>";

/// A picture that Limen serves.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it is.
    pub format: LogoFormat,
    /// The file.
    pub bytes: Rc<[u8]>,
    /// Changes when the file does.
    pub version: String,
}

impl Picture {
    fn href(&self) -> String {
        format!("{}?v={}", Endpoint::Logo.path(), self.version)
    }
}

/// How a deployment looks. Made once: settings do not change while an isolate lives.
#[derive(Debug)]
pub struct Look {
    /// The stylesheet, with the colors of the deployment.
    pub stylesheet: Rc<str>,
    /// Changes when it does.
    pub version: String,
    /// The logo.
    pub logo: Option<Picture>,
    /// What is in the place of the icon, of the address of the stylesheet, and of mark and name.
    pieces: [(String, String); 3],
    links: Links,
}

/// Links at the foot of every page.
#[derive(Debug)]
struct Links {
    privacy: Option<String>,
    terms: Option<String>,
    help: Option<String>,
}

#[derive(Template)]
#[template(path = "own_links.html")]
struct OwnLinks<'a> {
    links: &'a Links,
    language: Language,
}

#[derive(Template)]
#[template(path = "own_mark.html")]
struct OwnMark<'a> {
    name: &'a str,
    logo: Option<&'a str>,
    logo_has_name: bool,
}

impl Look {
    /// The look that the settings say.
    pub fn of(config: &Config) -> Self {
        let brand = &config.brand;
        let colors = brand.accent.map(accent_rules).unwrap_or_default();
        let stylesheet: Rc<str> = [STYLESHEET, &colors].concat().into();
        let version = match colors.as_str() {
            "" => STYLESHEET_VERSION.to_owned(),
            _ => digest(stylesheet.as_bytes()),
        };
        let logo = brand.logo.as_ref().map(|logo| Picture {
            format: logo.format,
            bytes: logo.bytes.as_slice().into(),
            version: digest(&logo.bytes),
        });
        let address = logo.as_ref().map(Picture::href);
        let icon = address
            .as_ref()
            .map(|address| format!("<link rel=\"icon\" href=\"{address}\">"));
        let mark = brand.name.as_deref().map(|name| {
            layout::html(&OwnMark {
                name,
                logo: address.as_deref(),
                logo_has_name: brand.logo_has_name,
            })
        });
        let href = stylesheet_href(STYLESHEET_VERSION);
        let pieces = [
            (ICON.to_owned(), icon.unwrap_or_else(|| ICON.to_owned())),
            (href, stylesheet_href(&version)),
            (MARK.to_owned(), mark.unwrap_or_else(|| MARK.to_owned())),
        ];
        let links = Links {
            privacy: brand.privacy.clone(),
            terms: config.sign_up.terms.as_ref().map(|terms| terms.url.clone()),
            help: config.support.as_ref().map(|contact| contact.href.clone()),
        };
        Self {
            stylesheet,
            version,
            logo,
            pieces,
            links,
        }
    }

    /// Where the logo is.
    pub fn logo_href(&self) -> Option<String> {
        self.logo.as_ref().map(Picture::href)
    }

    /// Whether pages stay as they are made.
    fn is_plain(&self) -> bool {
        self.pieces.iter().all(|(made, own)| made == own) && self.links.are_none()
    }

    /// A page as people of this deployment see it. What a person or an app wrote is escaped, so none of it can be taken for a piece.
    pub fn dress(&self, html: String) -> String {
        if self.is_plain() {
            return html;
        }
        let mut rest = html.as_str();
        let mut dressed = String::with_capacity(html.len() + 1024);
        for (made, own) in &self.pieces {
            if let Some((before, after)) = rest.split_once(made.as_str()) {
                dressed.push_str(before);
                dressed.push_str(own);
                rest = after;
            }
        }
        match rest.rsplit_once(END_OF_FLOOR) {
            Some((before, after)) => {
                dressed.push_str(before);
                dressed.push_str(&self.links.html(Language::of_page(&html)));
                dressed.push_str(END_OF_FLOOR);
                dressed.push_str(after);
            }
            None => dressed.push_str(rest),
        }
        dressed
    }
}

impl Links {
    fn are_none(&self) -> bool {
        self.privacy.is_none() && self.terms.is_none() && self.help.is_none()
    }

    fn html(&self, language: Language) -> String {
        match self.are_none() {
            true => String::new(),
            false => layout::html(&OwnLinks { links: self, language }),
        }
    }
}

/// What the stylesheet has in addition: a color by day and by night.
pub fn accent_rules(accent: Accent) -> String {
    let mut css = String::new();
    let rules = [
        (accent.light, 75, 85, "", ""),
        (accent.dark, 0, 30, "@media (prefers-color-scheme: dark) {\n", "}\n"),
    ];
    for (color, paler, opaque, before, after) in rules {
        let Color([red, green, blue]) = color.mixed(Color::WHITE, paler);
        let text = color.text_on();
        // Writing to a text does not fail.
        _ = write!(
            css,
            "\n{before}:root {{\n  --lamp: {color};\n  --focus: {color};\n  --primary: {color};\n  --on-primary: {text};\n  --ledge: {text};\n  \
             --glow: rgb({red} {green} {blue} / {opaque}%);\n}}\n{after}"
        );
    }
    css
}
