//! How pages and mails look: pictures, colors, logos, names, senders.

use serde_json::Value;
use url::form_urlencoded;

use super::{config_with, text, two_texts};
use crate::{
    account::{group::Label, passkey},
    config::{Accent, LogoFormat, MailApi, MailSettings, Mailbox, Provider, Transport},
    mail::delivery::{self, Delivery},
    pages::accent_rules,
    readable,
    web::{
        color::Color,
        picture::{LARGEST, PictureFormat},
    },
};

/// A picture is small, of a format that runs nothing, and stays what it is whatever comes behind it.
pub fn picture(input: &[u8]) {
    let Ok(format) = PictureFormat::of(input) else { return };
    assert!(input.len() <= LARGEST);
    assert_eq!(PictureFormat::parse(format.media_type()), Some(format));
    assert!(!input.starts_with(b"<"), "no markup is a picture");
    let longer = [input, b"<script>"].concat();
    assert!(longer.len() > LARGEST || PictureFormat::of(&longer) == Ok(format));
}

/// A logo that is an SVG runs nothing and loads nothing, as an XML parser reads it.
pub fn logo(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(config) = config_with(&[("LOGO", text), ("BRAND_NAME", "Acme")]) else {
        return;
    };
    let Some(logo) = config.brand.logo else { return };
    if logo.format != LogoFormat::Svg {
        return;
    }
    let Ok(svg) = std::str::from_utf8(&logo.bytes) else {
        unreachable!("an SVG is text")
    };
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
        // Of a name with other signs no parser makes an element.
        let name = tag
            .split(|c: char| !c.is_alphanumeric() && !"-_.:!".contains(c))
            .next()
            .unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        let runs = [
            "script",
            "foreignobject",
            "iframe",
            "embed",
            "object",
            "!doctype",
            "!entity",
            "handler",
        ];
        assert!(!runs.contains(&name.as_str()), "{svg}");
        for (at, _) in tag.match_indices('=') {
            let before = tag.get(..at).unwrap_or_default().trim_end();
            let attribute = before
                .rsplit(|c: char| c.is_whitespace() || "'\"/".contains(c))
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            let is_event = attribute
                .strip_prefix("on")
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphabetic()));
            assert!(!is_event, "{svg}");
        }
    }
    // Browsers take blanks out of addresses.
    let compact: String = svg.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    assert!(!compact.to_ascii_lowercase().contains("javascript:"), "{svg}");
}

/// A color is written as it is read, and what an accent becomes can be seen by day and by night, and is nothing but colors.
pub fn accent(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Some(color) = Color::parse(text) {
        assert!(color.to_string().eq_ignore_ascii_case(text));
        assert!(color.contrast(color.text_on()) >= 4.58);
    }
    let Ok(accent) = Accent::parse(text) else { return };
    assert!(accent.light.least_contrast(&Accent::LIGHT_GROUNDS) >= 3.0);
    assert!(accent.dark.least_contrast(&Accent::DARK_GROUNDS) >= 3.0);
    let both = format!("{} {}", accent.light, accent.dark);
    assert_eq!(Accent::parse(&both), Ok(accent), "written and read");
    let css = accent_rules(accent);
    assert_eq!(css.matches('{').count(), css.matches('}').count());
    assert!(
        css.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"\n {}:;#()-%/@".contains(&byte)),
        "{css}"
    );
}

/// What others call something: a label separates nothing and is one however it is typed, and a line is seen as it is.
pub fn label(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Some(label) = Label::parse(text) {
        assert_eq!(Label::parse(label.as_str()).as_ref(), Some(&label));
        assert!(
            !label
                .as_str()
                .contains([',', ';', '"', '\'', '<', '>', '&', '\\', '|', '\n'])
        );
        assert!(readable::is_line(label.as_str()) && label.as_str().chars().count() <= 100);
        let again = Label::stored(label.folded());
        assert_eq!(again.folded(), label.folded());
    }
    let line = readable::as_line(text);
    assert_eq!(readable::as_line(&line), line);
    assert!(readable::is_line(&line));
    assert!(!line.contains("  ") && line.trim() == line && !line.contains(char::is_control));
    assert!(line.is_empty() || readable::is_readable(&line));
    if readable::is_exact_line(text) {
        assert_eq!(line, text);
        assert!(!text.chars().any(readable::is_invisible));
        // Each half of what is written in one direction is.
        for (at, _) in text.char_indices() {
            let (before, after) = text.split_at(at);
            assert!(readable::is_of_one_direction(before) && readable::is_of_one_direction(after));
        }
    }
    if let Some(name) = passkey::name_of(text) {
        assert_eq!(passkey::name_of(&name).as_ref(), Some(&name));
        assert!(readable::is_readable(&name), "{name:?}");
        assert!(name.chars().count() <= passkey::LONGEST_NAME && !name.contains(char::is_control));
    }
}

/// The first line is a sender, the rest a subject. A sender has one address, and nothing of a mail becomes another part of the request to a
/// provider.
pub fn mail(input: &[u8]) {
    let Some((sender, subject)) = two_texts(input) else {
        return;
    };
    let Some(from) = Mailbox::parse(sender) else { return };
    let written = from.written();
    assert_eq!(Mailbox::parse(&written).as_ref(), Some(&from), "{sender:?}");
    assert_eq!(from.address.matches('@').count(), 1);
    assert!(!written.contains(char::is_control) && written.matches('<').count() <= 1);
    let settings = MailSettings {
        transport: Transport::Cloudflare,
        from,
        reply_to: None,
        daily_limit: 1,
        notices: Vec::new(),
    };
    let sent = Delivery {
        id: "m",
        to: "ada@b.test",
        subject,
        text: subject,
        html: subject,
    };
    for provider in [Provider::Resend, Provider::Postmark, Provider::Mailgun, Provider::Brevo] {
        let api = MailApi {
            provider,
            key: "k".to_owned(),
            base: "https://api.test".to_owned(),
            domain: "mg.acme.test".to_owned(),
        };
        let request = delivery::request(&api, &settings, &sent);
        assert!(request.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
        if provider == Provider::Mailgun {
            let pairs: Vec<_> = form_urlencoded::parse(request.body.as_bytes()).collect();
            let value = |name: &str| {
                pairs
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.as_ref())
            };
            assert_eq!(pairs.len(), 7);
            assert_eq!((value("to"), value("subject")), (Some("ada@b.test"), Some(subject)));
            assert_eq!(value("from"), Some(written.as_str()));
            continue;
        }
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let said = body.get("subject").or_else(|| body.get("Subject"));
        assert_eq!(said.and_then(Value::as_str), Some(subject));
    }
    let short = delivery::shortened(subject);
    assert!(short.chars().count() <= 200 && !short.contains(char::is_control));
    assert_eq!(delivery::shortened(&short), short.trim());
}
