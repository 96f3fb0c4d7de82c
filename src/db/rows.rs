//! What the statements of a batch gave.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::fault::Fault;

/// What one statement of a batch gave.
#[derive(Deserialize)]
pub struct Rows {
    /// A JSON array of objects, a member a column.
    results: Option<Box<RawValue>>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    changes: usize,
}

impl Rows {
    /// What D1 gave for a batch, as JSON.
    pub fn of_batch(json: &str) -> Result<Vec<Self>, Fault> {
        serde_json::from_str(json).map_err(|cause| Fault::new("D1 answer", cause))
    }

    /// What a statement gives that is not sent.
    pub fn none() -> Self {
        Self {
            results: None,
            meta: Meta { changes: 0 },
        }
    }

    /// All rows.
    pub fn all<T: DeserializeOwned>(&self) -> Result<Vec<T>, Fault> {
        let Some(results) = &self.results else {
            return Ok(Vec::new());
        };
        serde_json::from_str(results.get()).map_err(|cause| Fault::new("D1 row", cause))
    }

    /// The first row.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, Fault> {
        Ok(self.all()?.into_iter().next())
    }

    /// How many rows the statement changed.
    pub fn changes(&self) -> usize {
        self.meta.changes
    }

    /// Whether there is a row: with `RETURNING`, whether the statement did anything.
    pub fn any(&self) -> Result<bool, Fault> {
        Ok(self.first::<serde::de::IgnoredAny>()?.is_some())
    }
}
