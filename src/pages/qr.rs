//! A QR code as SVG.

use qrcodegen::{QrCode, QrCodeEcc};

/// The modules around a code that must be empty (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A QR code: its width in modules, the margin included, and its dark modules as an SVG path.
pub struct Qr {
    pub width: i32,
    pub path: String,
}

impl Qr {
    /// The code of a text. `None` for one that is too long for any.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
            }
        }
        Some(Self {
            width: code.size() + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_patterns_and_a_margin() {
        let qr = Qr::of("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!((qr.width - 2 * QUIET - 17) % 4, 0, "21, 25, 29 ... modules");
        let dark = |x: i32, y: i32| qr.path.contains(&format!("M{} {}h1", x + QUIET, y + QUIET));
        let last = qr.width - 2 * QUIET - 1;
        for (left, top) in [(0, 0), (last - 6, 0), (0, last - 6)] {
            assert!((0..7).all(|n| dark(left + n, top) && dark(left, top + n)));
            assert!(!dark(left + 1, top + 1) && dark(left + 3, top + 3));
        }
        assert!(Qr::of(&"x".repeat(10_000)).is_none());
    }
}
