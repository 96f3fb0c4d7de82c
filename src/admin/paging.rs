//! Lists that come in pages, all of one shape: the rows under their name, and `next`, which goes into `after` for the page behind.
//!
//! A cursor is a place in the order of a list, and no secret: one that somebody made up begins elsewhere, in what they may read anyway.

use serde_json::{Value, json};

use crate::oidc::{error::OAuthError, params::Params};

/// The most rows of a page.
const LONGEST: i64 = 200;

/// The most bytes of a cursor.
const LONGEST_CURSOR: usize = 2_000;

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    after: Option<&'a str>,
    /// How many rows, [`LONGEST`] where it does not say.
    pub limit: i64,
}

impl<'a> Page<'a> {
    /// Reads `after` and `limit`, beside which there may be `filters` and nothing else.
    ///
    /// # Errors
    /// `invalid_request`, naming a parameter that is no filter: it would be taken for one that holds for all rows.
    pub fn parse(params: &'a Params, filters: &[&str]) -> Result<Self, OAuthError> {
        params.refuse_unknown(&[filters, &["after", "limit"]].concat())?;
        let limit = match params.single("limit")? {
            None => Some(LONGEST),
            Some(text) => text.parse().ok().filter(|limit| (1..=LONGEST).contains(limit)),
        };
        Ok(Self {
            after: params.single("after")?,
            limit: limit.ok_or_else(|| OAuthError::invalid_request("limit must be a number from 1 to 200"))?,
        })
    }

    /// What the page comes after, read by `parse`.
    ///
    /// # Errors
    /// `invalid_request` for what no page ended with.
    pub fn after<T>(&self, parse: impl FnOnce(&'a str) -> Option<T>) -> Result<Option<T>, OAuthError> {
        let wrong = || OAuthError::invalid_request("after must be the next of a page before");
        let read = |text: &'a str| {
            let fits = Some(text).filter(|text| text.len() <= LONGEST_CURSOR);
            fits.and_then(parse).ok_or_else(wrong)
        };
        self.after.map(read).transpose()
    }

    /// The same where any text is a place in the order; the empty one comes before all.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn after_text(&self) -> Result<&'a str, OAuthError> {
        Ok(self.after(Some)?.unwrap_or_default())
    }

    /// What the next page begins behind: there may be one where this one is full.
    pub fn next<'r, T>(&self, rows: &'r [T]) -> Option<&'r T> {
        rows.last().filter(|_| rows.len() as i64 == self.limit)
    }

    /// The page as JSON.
    pub fn describe<T>(
        &self,
        name: &str,
        rows: &[T],
        describe: impl Fn(&T) -> Value,
        cursor: impl Fn(&T) -> String,
    ) -> Value {
        list(name, rows.iter().map(describe).collect(), self.next(rows).map(cursor))
    }
}

/// A page as JSON, where something else than its last row may say where the next one begins.
pub fn list(name: &str, rows: Vec<Value>, next: Option<String>) -> Value {
    json!({ name: rows, "next": next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_from_1_to_200() {
        let of = |query| Page::parse(&Params::parse(query).unwrap(), &["search"]).map(|page| page.limit);
        assert_eq!((of(""), of("limit=1"), of("limit=200")), (Ok(200), Ok(1), Ok(200)));
        assert_eq!(of("search=a&after=b"), Ok(200));
        for wrong in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=x",
            "limit=1&limit=2",
            "before=1",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_full_page_alone_has_a_next_one() {
        let params = Params::parse("limit=2").unwrap();
        let page = Page::parse(&params, &[]).unwrap();
        let of = |rows: &[i64]| page.describe("rows", rows, |row| json!(row), |row| format!("c{row}"));
        assert_eq!(of(&[1, 2]), json!({ "rows": [1, 2], "next": "c2" }));
        assert_eq!(of(&[1]), json!({ "rows": [1], "next": null }));
        assert_eq!(of(&[]), json!({ "rows": [], "next": null }));
    }

    #[test]
    fn a_cursor_is_what_a_page_ended_with() {
        let number = |query: &str| {
            let params = Params::parse(query).unwrap();
            Page::parse(&params, &[])
                .unwrap()
                .after(|text| text.parse::<u32>().ok())
        };
        assert_eq!((number(""), number("after=7")), (Ok(None), Ok(Some(7))));
        assert!(number("after=x").is_err() && number(&format!("after={}", "1".repeat(2_001))).is_err());
    }
}
