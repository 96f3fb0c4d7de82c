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

    /// All rows.
    pub fn all<T: DeserializeOwned>(&self) -> Result<Vec<T>, Fault> {
        serde_json::from_str(self.json()).map_err(unreadable)
    }

    /// The first row. The others are not read.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, Fault> {
        let rows: Vec<&RawValue> = serde_json::from_str(self.json()).map_err(unreadable)?;
        let first = rows.first().map(|row| serde_json::from_str(row.get()));
        first.transpose().map_err(unreadable)
    }

    /// How many rows the statement changed.
    pub fn changes(&self) -> usize {
        self.meta.changes
    }

    /// Whether a row says that there is something to do after the answer ([`Statement::event`](super::Statement::event)).
    pub fn is_waking(&self) -> bool {
        self.json().contains(r#""wakes":1"#)
    }

    /// Whether there is a row: with `RETURNING`, whether the statement did anything.
    pub fn any(&self) -> bool {
        let inside = self.json().trim_start_matches('[').trim_start();
        !inside.starts_with(']')
    }

    fn json(&self) -> &str {
        self.results.as_ref().map_or("[]", |results| results.get())
    }
}

fn unreadable(cause: serde_json::Error) -> Fault {
    Fault::new("D1 row", cause)
}
