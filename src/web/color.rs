//! Colors and how well they are told apart (WCAG 2.2, "relative luminance" and "contrast ratio").

use std::fmt;

/// A color of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// Black.
    pub const BLACK: Self = Self([0; 3]);
    /// White.
    pub const WHITE: Self = Self([255; 3]);

    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())??;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// From 1, the same color, to 21, black and white.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            match part <= 0.04045 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// What `percent` of `other` make of it.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u16) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        let mix = |one: u8, two: u8| {
            let sum = u16::from(one) * (100 - percent.min(100)) + u16::from(two) * percent.min(100);
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self([mix(a, x), mix(b, y), mix(c, z)])
    }

    /// Black or white, whichever is read better on it: at least 4.58 to 1, for one of them is.
    #[must_use]
    pub fn text_on(self) -> Self {
        match self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            true => Self::WHITE,
            false => Self::BLACK,
        }
    }

    /// The least contrast with any of `grounds`.
    pub fn least_contrast(self, grounds: &[Self]) -> f64 {
        let contrasts = grounds.iter().map(|ground| self.contrast(*ground));
        contrasts.fold(21.0, f64::min)
    }

    /// The same color, mixed with as little of `end` as gives it that contrast with all `grounds`: itself where it has it.
    #[must_use]
    pub fn apart_from(self, grounds: &[Self], least: f64, end: Self) -> Self {
        let mut shades = (0..100).map(|percent| self.mixed(end, percent));
        shades
            .find(|shade| shade.least_contrast(grounds) >= least)
            .unwrap_or(end)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap()
    }

    #[test]
    fn six_digits_are_a_color_and_nothing_else_is() {
        assert_eq!(color("#0B57d0").to_string(), "#0b57d0");
        for text in [
            "",
            "#",
            "0b57d0",
            "#fff",
            "#0b57d",
            "#0b57d00",
            "#+b57d0",
            "#0b57g0",
            "red",
            "#0b57d\u{e9}",
        ] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_as_the_guidelines_have_it() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 0.001);
        // The well-known grey that is just good enough for text on white, and the one that is not.
        assert!(color("#767676").contrast(Color::WHITE) >= 4.5);
        assert!(color("#777777").contrast(Color::WHITE) < 4.5);
        assert!((color("#ff0000").contrast(Color::WHITE) - 3.998).abs() < 0.001);
    }

    #[test]
    fn text_can_be_read_on_every_color() {
        for number in (0..0x100_0000_u32).step_by(997) {
            let [_, red, green, blue] = number.to_be_bytes();
            let ground = Color([red, green, blue]);
            assert!(ground.text_on().contrast(ground) >= 4.5, "{ground}");
        }
    }

    #[test]
    fn the_nearest_shade_that_stands_out_is_the_color_itself_where_it_does() {
        let grounds = [Color::WHITE, color("#d9deda")];
        let blue = color("#0b57d0");
        assert_eq!(blue.apart_from(&grounds, 3.0, Color::BLACK), blue);
        let shade = color("#ffcc00").apart_from(&grounds, 3.0, Color::BLACK);
        assert!(shade.least_contrast(&grounds) >= 3.0, "{shade}");
        assert!(
            color("#ffcc00").mixed(Color::BLACK, 40).least_contrast(&grounds) < 3.0,
            "{shade}"
        );
        assert_eq!(
            Color::WHITE.apart_from(&[Color::WHITE], 21.0, Color::BLACK),
            Color::BLACK
        );
    }
}
