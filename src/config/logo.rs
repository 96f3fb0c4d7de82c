//! The picture in `LOGO`: small, of a format that runs nothing, and served by Limen itself.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub format: LogoFormat,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum LogoFormat {
    Svg,
    Png,
    WebP,
}

impl LogoFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// What the first bytes of a file say that it is.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => Some(Self::Svg).filter(|_| is_harmless_svg(bytes)),
        }
    }
}

/// The most bytes of a file. The platform takes variables of 5 kB.
const LARGEST: usize = 16 * 1024;

impl Logo {
    /// Reads `<svg ...`, or `data:image/png;base64,...`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bytes = match text.strip_prefix("data:") {
            Some(data) => {
                let (media_type, content) = data.split_once(";base64,").unwrap_or((data, ""));
                let bytes = STANDARD.decode(content).ok().filter(|bytes| !bytes.is_empty());
                let bytes = bytes.ok_or("is no base64: it must be like data:image/png;base64,iVBORw0KGgo...")?;
                let found = LogoFormat::of(&bytes).map(LogoFormat::media_type);
                if found != Some(media_type) {
                    return Err(format!(
                        "says that it is {:?}, and is {}",
                        media_type.chars().take(40).collect::<String>(),
                        found.unwrap_or("none of PNG, WebP and SVG without scripts and links")
                    ));
                }
                bytes
            }
            None if text.starts_with('<') => text.as_bytes().to_vec(),
            None => {
                return Err(
                    "must be the picture itself, for Limen fetches none: <svg ...>, or data:image/png;base64,... \
                            (also of image/webp, image/svg+xml)"
                        .to_owned(),
                );
            }
        };
        if bytes.len() > LARGEST {
            return Err(format!("has {} bytes; at most {LARGEST} are taken", bytes.len()));
        }
        let format = LogoFormat::of(&bytes).ok_or(
            "is no SVG that is taken: it must begin with <svg, and have no script, no event, no style sheet and no link to elsewhere",
        )?;
        Ok(Self { format, bytes })
    }

    /// What operators are told of it.
    pub(super) fn summary(&self) -> String {
        format!("{}, {} bytes", self.format.media_type(), self.bytes.len())
    }
}

/// Elements that run something or bring something else along, whatever prefix they have.
const HARMFUL_ELEMENTS: [&str; 8] = [
    "script",
    "handler",
    "foreignobject",
    "iframe",
    "embed",
    "object",
    "!doctype",
    "!entity",
];

/// Whether that is an SVG with nothing in it that would run or be loaded. Pages show it as a picture, which runs and loads nothing
/// whatever is in it, and it is served with a policy that lets it do neither: this is the third fence.
fn is_harmless_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let text = text.to_ascii_lowercase();
    let is_of_name = |c: char| c.is_alphanumeric() || "-_.:!".contains(c);
    let has_harmful_element = text.split('<').any(|tag| {
        let name = tag.split(|c| !is_of_name(c)).next().unwrap_or_default();
        HARMFUL_ELEMENTS.contains(&name.rsplit(':').next().unwrap_or_default())
    });
    // An attribute may have blanks before its sign.
    let mut before_values: Vec<_> = text.split('=').collect();
    before_values.pop();
    let has_event = before_values.iter().any(|before| {
        let name = before.trim_end().rsplit(|c| !is_of_name(c)).next().unwrap_or_default();
        name.len() > 2 && name.starts_with("on")
    });
    // Browsers take blanks and controls out of addresses.
    let addresses = text.replace(|c: char| c.is_whitespace() || c.is_control(), "");
    let harmful = [
        "javascript:",
        "data:",
        "@import",
        "xml:base",
        "&#",
        "<?xml-stylesheet",
        "\\",
    ];
    let links = text.replace("http://www.w3.org/", "");
    // XML has no other controls.
    let is_odd = |c: char| c.is_control() && !"\t\r\n".contains(c);
    text.starts_with("<svg")
        && !text.contains(is_odd)
        && !has_harmful_element
        && !has_event
        && !harmful.iter().any(|word| addresses.contains(word))
        && !links.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><style>path{fill:red}</style><path d=\"M0 0h8v8z\"/></svg>";

    #[test]
    fn a_logo_is_an_svg_as_it_is_or_a_data_url() {
        let svg = Logo::parse(SVG).unwrap();
        assert_eq!((svg.format, svg.bytes.as_slice()), (LogoFormat::Svg, SVG.as_bytes()));
        assert_eq!(svg.summary(), format!("image/svg+xml, {} bytes", SVG.len()));
        let encoded = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", STANDARD.encode(bytes));
        assert_eq!(Logo::parse(&encoded("image/svg+xml", SVG.as_bytes())), Ok(svg));
        let png = Logo::parse(&encoded("image/png", b"\x89PNG\r\n\x1a\n...")).unwrap();
        assert_eq!(png.format.media_type(), "image/png");
        let webp = Logo::parse(&encoded("image/webp", b"RIFF\x10\0\0\0WEBPVP8L")).unwrap();
        assert_eq!(webp.format.media_type(), "image/webp");
    }

    #[test]
    fn what_could_run_or_be_loaded_is_no_logo() {
        for inside in [
            "<script>1</script>",
            "<SCRIPT/>",
            "<path onload=\"x\"/>",
            "<path\nonload='x'/>",
            "<path/onload=x />",
            "<path d=\"\"onload=\"x\"/>",
            "<image href=\"https://acme.org/x.png\"/>",
            "<image href=\"//acme.org/x.png\"/>",
            "<a href=\"javascript:alert(1)\"/>",
            "<a href=\"java&#115;cript:alert(1)\"/>",
            "<style>@import 'x.css'</style>",
            "<foreignObject/>",
            "<path onload =\"x\"/>",
            "<path onload\n\t= 'x'/>",
            "<s:script xmlns:s=\"http://www.w3.org/2000/svg\">1</s:script>",
            "<s:foreignObject/>",
            "<s:script?>1</s:script>",
            "<a href=\"java\nscript:alert(1)\"/>",
            "<style>@\\69mport 'x.css'</style>",
            "<image href=\"data:text/html,x\"/>",
        ] {
            let text = SVG.replace("</svg>", &format!("{inside}</svg>"));
            assert!(Logo::parse(&text).is_err(), "{text}");
        }
        for text in [
            "https://acme.org/logo.png",
            "data:image/gif;base64,R0lGODdh",
            "data:image/png;base64,R0lGODdh",
            "data:image/svg+xml;base64,PHNjcmlwdD4=",
            "data:text/html;base64,PGI+",
            "data:image/png;base64,",
            "data:image/png,x",
            "data:",
            "<!DOCTYPE svg><svg/>",
            "<b>x</b>",
            "logo.svg",
        ] {
            assert!(Logo::parse(text).is_err(), "{text}");
        }
        let large = SVG.replace("</svg>", &format!("{}</svg>", " ".repeat(LARGEST)));
        assert!(Logo::parse(&large).unwrap_err().contains("at most 16384"), "{large}");
    }
}
