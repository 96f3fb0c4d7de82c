//! Pictures of others that Limen serves: of formats that run nothing, known by their bytes, and small.

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum PictureFormat {
    Png,
    Jpeg,
    WebP,
    Gif,
}

/// The most bytes of a picture.
pub const LARGEST: usize = 64 * 1_024;

/// The most pixels across and down: few bytes can become very many pixels in the browser that shows them.
const WIDEST: u32 = 2_048;

/// The most frames of a GIF, each of which a browser draws.
const MOST_FRAMES: usize = 100;

impl PictureFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::WebP, Self::Gif];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// The format of a media type.
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type() == media_type)
    }

    /// What a file is, by its bytes: what it is called counts for nothing.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn of(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() > LARGEST {
            return Err("has more than 65536 bytes");
        }
        let (format, size) = match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => (Self::Png, png_size(rest)),
            [0xff, 0xd8, 0xff, ..] => (Self::Jpeg, jpeg_size(bytes)),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', rest @ ..] => (Self::WebP, webp_size(rest)),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => (Self::Gif, gif_size(rest)),
            _ => return Err("is none of PNG, JPEG, WebP and GIF"),
        };
        match size {
            None => Err("is broken, or has more than 100 frames"),
            Some((width, height)) if [width, height].iter().all(|side| (1..=WIDEST).contains(side)) => Ok(format),
            Some(_) => Err("has more than 2048 pixels on a side, or none"),
        }
    }
}

/// `IHDR`, which comes first (PNG specification, section 11.2.1).
fn png_size(rest: &[u8]) -> Option<(u32, u32)> {
    match rest {
        [_, _, _, _, b'I', b'H', b'D', b'R', a, b, c, d, e, f, g, h, ..] => Some((
            u32::from_be_bytes([*a, *b, *c, *d]),
            u32::from_be_bytes([*e, *f, *g, *h]),
        )),
        _ => None,
    }
}

/// The logical screen, and every frame on it (GIF89a sections 18 and 20): browsers make room for a frame that is larger than the screen.
/// A picture with very many frames counts as broken.
fn gif_size(rest: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, d, flags, _, _, rest @ ..] = rest else {
        return None;
    };
    let side = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]));
    let (mut width, mut height) = (side(a, b), side(c, d));
    let mut rest = rest.get(color_table(*flags)..)?;
    let mut frames = 0;
    loop {
        match rest {
            // The trailer; many files end without one.
            [0x3b, ..] | [] if frames > 0 => return Some((width, height)),
            // An extension: its label and blocks.
            [0x21, _, blocks @ ..] => rest = behind_blocks(blocks),
            // A frame: its place, its size, perhaps colors, the size of its codes and blocks.
            [0x2c, left, l, top, t, w, x, h, y, flags, data @ ..] if frames < MOST_FRAMES => {
                frames += 1;
                width = width.max(side(left, l) + side(w, x));
                height = height.max(side(top, t) + side(h, y));
                rest = behind_blocks(data.get(color_table(*flags) + 1..).unwrap_or_default());
            }
            _ => return None,
        }
    }
}

/// How many bytes the table of colors has that goes with such flags.
fn color_table(flags: u8) -> usize {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}

/// What comes behind a row of blocks (GIF89a section 15), each of which says how long it is. The last one is empty. Nothing comes behind
/// one that breaks off.
fn behind_blocks(mut rest: &[u8]) -> &[u8] {
    while let Some((length, blocks)) = rest.split_first() {
        if *length == 0 {
            return blocks;
        }
        rest = blocks.get(usize::from(*length)..).unwrap_or_default();
    }
    rest
}

/// The first chunk (RFC 9649 section 2.5 and following): lossy, lossless or extended.
fn webp_size(rest: &[u8]) -> Option<(u32, u32)> {
    let wide = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    match rest {
        [
            b'V',
            b'P',
            b'8',
            b' ',
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            0x9d,
            0x01,
            0x2a,
            a,
            b,
            c,
            d,
            ..,
        ] => Some((wide(*a, *b), wide(*c, *d))),
        [b'V', b'P', b'8', b'L', _, _, _, _, 0x2f, a, b, c, d, ..] => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        [b'V', b'P', b'8', b'X', _, _, _, _, _, _, _, _, a, b, c, d, e, f, ..] => Some((
            u32::from_le_bytes([*a, *b, *c, 0]) + 1,
            u32::from_le_bytes([*d, *e, *f, 0]) + 1,
        )),
        _ => None,
    }
}

/// The frame header, behind some segments (ITU-T T.81 section B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        match rest {
            // Bytes that fill up.
            [0xff, 0xff, ..] => rest = rest.get(1..)?,
            [0xff, kind @ 0xc0..=0xcf, _, _, _, a, b, c, d, ..] if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                return Some((u16::from_be_bytes([*c, *d]).into(), u16::from_be_bytes([*a, *b]).into()));
            }
            [0xff, _, a, b, ..] => {
                let length = usize::from(u16::from_be_bytes([*a, *b])).max(2);
                rest = rest.get(2 + length..)?;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of each format that says that it is so large.
    fn of_size(format: PictureFormat, width: u16, height: u16) -> Vec<u8> {
        let (w, h) = (u32::from(width), u32::from(height));
        match format {
            PictureFormat::Png => {
                let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
                bytes.extend(w.to_be_bytes());
                bytes.extend(h.to_be_bytes());
                bytes
            }
            PictureFormat::Gif => gif((width, height), &[(0, 0, width, height)]),
            PictureFormat::Jpeg => {
                let mut bytes = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc2\0\x11\x08".to_vec();
                bytes.extend(height.to_be_bytes());
                bytes.extend(width.to_be_bytes());
                bytes
            }
            PictureFormat::WebP => {
                let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a".to_vec();
                bytes.extend(width.to_le_bytes());
                bytes.extend(height.to_le_bytes());
                bytes
            }
        }
    }

    /// A GIF with that screen, and frames by their place and size.
    fn gif(screen: (u16, u16), frames: &[(u16, u16, u16, u16)]) -> Vec<u8> {
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend([screen.0.to_le_bytes(), screen.1.to_le_bytes()].concat());
        // Two colors, and an extension with a block of two bytes.
        bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x21, 0xfe, 2, b'h', b'i', 0]);
        for (left, top, width, height) in frames {
            bytes.push(0x2c);
            bytes.extend([left, top, width, height].map(|number| number.to_le_bytes()).concat());
            bytes.extend([0, 2, 2, 0x4c, 0x01, 0]);
        }
        bytes.push(0x3b);
        bytes
    }

    #[test]
    fn each_frame_of_a_gif_counts() {
        let of = |screen, frames: &[_]| PictureFormat::of(&gif(screen, frames));
        assert!(of((64, 64), &[(0, 0, 64, 64), (32, 32, 32, 32)]).is_ok());
        for frame in [(0, 0, 9_500, 9_500), (2_048, 0, 1, 1), (0, 65_535, 1, 65_535)] {
            let refused = of((1, 1), &[(0, 0, 1, 1), frame]).unwrap_err();
            assert!(refused.contains("2048 pixels"), "{frame:?}");
        }
        let many = |count| of((1, 1), &vec![(0, 0, 1, 1); count]);
        assert!(many(MOST_FRAMES).is_ok() && many(MOST_FRAMES + 1).is_err());
    }

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        for format in PictureFormat::ALL {
            assert_eq!(PictureFormat::of(&of_size(format, 64, 32)), Ok(format));
            assert_eq!(PictureFormat::parse(format.media_type()), Some(format));
        }
        assert_eq!(PictureFormat::parse("image/svg+xml"), None);
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc0\x07\0";
        assert_eq!(webp_size(&lossless[12..]), Some((64, 32)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0";
        assert_eq!(webp_size(&extended[12..]), Some((64, 32)));
    }

    #[test]
    fn what_becomes_very_large_is_refused() {
        for format in PictureFormat::ALL {
            for (width, height) in [(2_049, 1), (1, 2_049), (0, 1), (1, 0), (16_000, 16_000)] {
                let refused = PictureFormat::of(&of_size(format, width, height)).unwrap_err();
                assert!(refused.contains("2048 pixels"), "{format:?}");
            }
            assert!(PictureFormat::of(&of_size(format, 2_048, 2_048)).is_ok());
        }
        let mut long = of_size(PictureFormat::Png, 1, 1);
        long.resize(LARGEST + 1, 0);
        assert!(PictureFormat::of(&long).unwrap_err().contains("65536"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for bytes in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<?xml version='1.0'?><svg/>",
            b"<html><script>alert(1)</script>",
            b"GIF90a\x01\0\x01\0",
            b"BM",
            b"\0\0\x01\0",
            b"RIFF\0\0\0\0WAVEfmt ",
            b"%PDF-1.7",
        ] {
            assert!(
                PictureFormat::of(bytes).unwrap_err().starts_with("is none of"),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn what_breaks_off_is_refused() {
        for format in PictureFormat::ALL {
            let whole = of_size(format, 1, 1);
            // Of a GIF that breaks off, browsers show what there is of its frame.
            let needed = match format {
                PictureFormat::Gif => whole.len() - 7,
                _ => whole.len(),
            };
            for end in 0..needed {
                assert!(PictureFormat::of(&whole[..end]).is_err(), "{format:?} {end}");
            }
        }
        // Segments that lead nowhere.
        assert_eq!(jpeg_size(b"\xff\xd8\xff\xe0\0\0\xff\xe0\xff\xff"), None);
        assert_eq!(jpeg_size(b"\xff\xd8\xff\xff\xff\xff"), None);
    }
}
