//! Request parameters: `application/x-www-form-urlencoded`, as query or body (RFC 6749 sections 3.1, 3.2 and appendix B).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::error::OAuthError;

/// The most parameters that a request may have.
const MOST_PARAMS: usize = 100;

/// The parameter that may stand more than once: "Multiple resource parameters MAY be used" (RFC 8707 section 2).
pub const RESOURCE: &str = "resource";

/// The parameters of one request. "Parameters sent without a value MUST be treated as if they were omitted from the
/// request."
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes a query string or a form body.
    ///
    /// # Errors
    /// `invalid_request` for a stray `%`, bytes that are not UTF-8, NUL, or more than 100 parameters.
    pub fn parse(encoded: &str) -> Result<Self, OAuthError> {
        let pieces = encoded.split('&').filter(|piece| !piece.is_empty());
        if pieces.clone().count() > MOST_PARAMS {
            return Err(OAuthError::invalid_request("too many parameters"));
        }
        let mut pairs = Vec::new();
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !value.is_empty() {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self(pairs))
    }

    /// Parameters that came in another form than encoded.
    ///
    /// # Errors
    /// `invalid_request` for NUL, or more than 100 parameters.
    pub fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        if pairs.len() > MOST_PARAMS {
            return Err(OAuthError::invalid_request("too many parameters"));
        }
        if pairs
            .iter()
            .any(|(name, value)| name.contains('\0') || value.contains('\0'))
        {
            return Err(OAuthError::invalid_request("a parameter contains NUL"));
        }
        Ok(Self(pairs))
    }

    /// The same of texts that somebody else holds.
    ///
    /// # Errors
    /// As [`Params::of_pairs`].
    pub fn of_texts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, OAuthError> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self::of_pairs(pairs.into_iter().map(owned))
    }

    /// The value of a parameter that may stand once.
    ///
    /// # Errors
    /// `invalid_request` when it stands twice: "Request and response parameters MUST NOT be included more than once."
    pub fn single(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(OAuthError::invalid_request(format!("{name} is given more than once"))),
            (value, None) => Ok(value),
        }
    }

    /// The value of a field of a form of Limen's own: empty where it is missing, or given more than once.
    pub fn text(&self, name: &str) -> &str {
        self.single(name).ok().flatten().unwrap_or_default()
    }

    /// The same without blanks around it; none where nothing is left.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// A whole number, small enough for a double to hold.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn number(&self, name: &str) -> Result<Option<i64>, OAuthError> {
        let wrong = |_| OAuthError::invalid_request(format!("{name} must be a whole number from 0 to {}", u32::MAX));
        let number = |text: &str| text.parse::<u32>().map(i64::from).map_err(wrong);
        self.single(name)?.map(number).transpose()
    }

    /// The value of a parameter that must stand exactly once.
    ///
    /// # Errors
    /// `invalid_request` when it is missing or stands twice.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.single(name)?
            .ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
    }

    /// All values of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses a request with a parameter that is not among `known`: who filters by what is no filter would take all for some.
    ///
    /// # Errors
    /// `invalid_request`, naming the parameter where it is a plain word.
    pub fn refuse_unknown(&self, known: &[&str]) -> Result<(), OAuthError> {
        match self.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) if is_word(name) => {
                Err(OAuthError::invalid_request(format!("{name} is no parameter here")))
            }
            Some(_) => Err(OAuthError::invalid_request(
                "there is a parameter that is not known here",
            )),
            None => Ok(()),
        }
    }

    /// Refuses a request in which a parameter other than [`RESOURCE`] stands more than once.
    ///
    /// # Errors
    /// `invalid_request`. The name is shown only when it is a plain word: descriptions never repeat odd input.
    pub fn refuse_repeated(&self) -> Result<(), OAuthError> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        let mut names: Vec<_> = names.filter(|name| *name != RESOURCE).collect();
        names.sort_unstable();
        match names
            .windows(2)
            .find(|pair| pair.first() == pair.last())
            .and_then(|pair| pair.first())
        {
            Some(name) if is_word(name) => Err(OAuthError::invalid_request(format!("{name} is given more than once"))),
            Some(_) => Err(OAuthError::invalid_request("a parameter is given more than once")),
            None => Ok(()),
        }
    }

    /// The pairs in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parameters as a query string again.
    pub fn to_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.iter());
        query.finish()
    }
}

/// Refuses whatever is in a query that nothing is read of, also without a value: it means something to whoever wrote it.
///
/// # Errors
/// `invalid_request`, naming the first parameter where it is a plain word.
pub fn refuse_any(encoded: &str) -> Result<(), OAuthError> {
    let Some(piece) = encoded.split('&').find(|piece| !piece.is_empty()) else {
        return Ok(());
    };
    let name = decode(piece.split('=').next().unwrap_or_default())?.into_owned();
    Params(vec![(name, String::new())]).refuse_unknown(&[])
}

/// Whether a name is a plain word, and may be repeated in an error.
pub fn is_word(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// An id that came, where it is such that an error of the admin API can name it.
pub fn nameable(id: &str) -> Option<&str> {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@+=%".contains(&byte);
    Some(id).filter(|id| (1..=100).contains(&id.len()) && id.bytes().all(may_be))
}

/// Decodes one form-urlencoded name or value strictly.
///
/// # Errors
/// As [`Params::parse`].
pub fn decode(encoded: &str) -> Result<Cow<'_, str>, OAuthError> {
    if has_stray_percent(encoded) {
        return Err(OAuthError::invalid_request(
            "a parameter has a percent sign without two hexadecimal digits",
        ));
    }
    let spaced = if encoded.contains('+') {
        Cow::Owned(encoded.replace('+', " "))
    } else {
        Cow::Borrowed(encoded)
    };
    let decoded = percent_decode_str(&spaced)
        .decode_utf8()
        .map_err(|_| OAuthError::invalid_request("a parameter is not UTF-8"))?
        .into_owned();
    if decoded.contains('\0') {
        return Err(OAuthError::invalid_request("a parameter contains NUL"));
    }
    Ok(Cow::Owned(decoded))
}

fn has_stray_percent(encoded: &str) -> bool {
    encoded.split('%').skip(1).any(|rest| {
        let mut digits = rest.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.next().is_none() || digits.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appendix_b_of_rfc_6749_decodes() {
        let params = Params::parse("v=+%25%26%2B%C2%A3%E2%82%AC").unwrap();
        assert_eq!(params.single("v"), Ok(Some(" %&+\u{a3}\u{20ac}")));
    }

    #[test]
    fn a_parameter_without_a_value_is_omitted() {
        let params = Params::parse("state=&scope=openid&nonce").unwrap();
        assert_eq!(params.single("state"), Ok(None));
        assert_eq!(params.single("nonce"), Ok(None));
        assert!(params.required("state").is_err());
    }

    #[test]
    fn where_nothing_is_read_any_parameter_is_refused_by_its_name() {
        for (query, name) in [
            ("dry_run=true", "dry_run"),
            ("dry_run", "dry_run"),
            ("&dry_run=&a", "dry_run"),
            ("%64ry_run=1", "dry_run"),
            ("%3Cb%3E=1", "a parameter that is not known"),
            ("=1", "no parameter"),
            ("%zz", "percent sign"),
        ] {
            let refused = refuse_any(query).unwrap_err();
            assert!(refused.description.contains(name), "{query}: {}", refused.description);
        }
        assert_eq!((refuse_any(""), refuse_any("&")), (Ok(()), Ok(())));
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let params = Params::parse("scope=a&x=1&scope=b").unwrap();
        assert!(params.single("scope").is_err());
        assert!(params.refuse_repeated().unwrap_err().description.contains("scope"));
        let resources = Params::parse("resource=a&resource=b").unwrap();
        assert!(resources.refuse_repeated().is_ok() && resources.single("resource").is_err());
        let odd = Params::parse("%3Cb%3E=1&%3Cb%3E=2").unwrap();
        assert!(!odd.refuse_repeated().unwrap_err().description.contains('<'));
    }

    #[test]
    fn broken_encodings_are_refused() {
        for encoded in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=1", "a=%00"] {
            assert!(Params::parse(encoded).is_err(), "{encoded}");
        }
        assert!(Params::parse(&"a=1&".repeat(101)).is_err());
    }

    #[test]
    fn a_field_is_empty_where_it_is_not_given_once() {
        let params = Params::parse("a=1&b=2&b=3&n=4294967295&m=4294967296").unwrap();
        assert_eq!((params.text("a"), params.text("b"), params.text("c")), ("1", "", ""));
        assert_eq!(
            (params.number("n"), params.number("c")),
            (Ok(Some(4_294_967_295)), Ok(None))
        );
        assert!(params.number("m").is_err() && params.number("b").is_err());
    }

    #[test]
    fn a_query_round_trips() {
        let params = Params::parse("a=x+y&b=%26%3D%C3%A9").unwrap();
        assert_eq!(Params::parse(&params.to_query()), Ok(params));
    }
}
