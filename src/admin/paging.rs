//! Lists that come in pages.

use crate::oidc::{error::OAuthError, params::Params};

/// The most rows of a page.
const LONGEST: i64 = 200;

/// `limit`: how many rows are wanted, [`LONGEST`] where it is not there.
///
/// # Errors
/// `invalid_request`.
pub fn limit(params: &Params) -> Result<i64, OAuthError> {
    let Some(text) = params.single("limit")? else {
        return Ok(LONGEST);
    };
    let limit = text.parse().ok().filter(|limit| (1..=LONGEST).contains(limit));
    limit.ok_or_else(|| OAuthError::invalid_request("limit must be a number from 1 to 200"))
}

/// What the next page begins behind: there may be one where this one is full.
pub fn next<T>(rows: &[T], limit: i64) -> Option<&T> {
    rows.last().filter(|_| rows.len() as i64 == limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_from_1_to_200() {
        let of = |query| limit(&Params::parse(query).unwrap());
        assert_eq!((of(""), of("limit=1"), of("limit=200")), (Ok(200), Ok(1), Ok(200)));
        for wrong in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1&limit=2"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_full_page_alone_has_a_next_one() {
        assert_eq!(next(&[1, 2], 2), Some(&2));
        assert_eq!(next(&[1], 2), None);
        assert_eq!(next::<i64>(&[], 2), None);
    }
}
