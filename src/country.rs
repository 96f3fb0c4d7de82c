//! A country, as Cloudflare tells where a request came from: two letters (ISO 3166-1), or `T1`, which is Tor.

/// Tor, whose users are in no country that is known.
const TOR: &str = "T1";

/// A country's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads a code. `None` for what names no country, such as `XX`, where it is not known.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 2] = code.as_bytes().try_into().ok()?;
        let is_country = letters.iter().all(u8::is_ascii_uppercase) && code != "XX" || code == TOR;
        is_country.then_some(Self(letters))
    }

    /// Whether it is none, but Tor.
    pub fn is_tor(self) -> bool {
        self.code() == TOR
    }

    /// Its code.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Reads codes that stand one after the other, up to the first that is none.
    pub fn parse_row(codes: &str) -> Vec<Self> {
        let (pairs, _) = codes.as_bytes().as_chunks();
        let codes = pairs
            .iter()
            .map(|pair: &[u8; 2]| Self::parse(str::from_utf8(pair).ok()?));
        codes.map_while(|code| code).collect()
    }

    /// The codes of countries, one after the other.
    pub fn row(countries: &[Self]) -> String {
        countries.iter().map(Self::code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_country_is_none() {
        assert_eq!(Country::parse("DE").unwrap().code(), "DE");
        for no_country in ["", "D", "DEU", "de", "XX", "T2", "Ä"] {
            assert_eq!(Country::parse(no_country), None, "{no_country}");
        }
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let countries = Country::parse_row("DECHFR");
        assert_eq!(countries.len(), 3);
        assert_eq!(Country::row(&countries), "DECHFR");
        assert_eq!(Country::row(&Country::parse_row("DExxFR")), "DE");
        assert!(Country::parse_row("").is_empty());
    }
}
