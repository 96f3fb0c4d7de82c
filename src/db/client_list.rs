//! Lists of `clients`, filtered. There are thousands of them at most where anybody may register some, so they are looked at one by one,
//! a bounded number for a page: such a page may have few, or none, and says where the next one goes on.

use serde::Deserialize;

use super::{Query, Rows, Statement, from_json, read_count};
use crate::{
    admin::client_filter::{ClientFilter, Provenance},
    fault::Fault,
    oidc::client::client_metadata::ClientMetadata,
    time::UnixTime,
};

/// The most clients that are looked at for a page.
const WALK: i64 = 5_000;

/// A client, as a list shows it.
pub struct Listed {
    pub client_id: String,
    pub version: i64,
    pub metadata: ClientMetadata,
    pub registered_by: Provenance,
    pub issued_at: UnixTime,
    pub updated_at: UnixTime,
}

/// At most `limit` clients in the order of their ids, of those that are met on the walk.
pub fn list(filter: &ClientFilter<'_>, limit: i64) -> Query<Vec<Listed>> {
    let (openly, document) = match filter.registered_by {
        None => (None, None),
        Some(Provenance::Operator) => (Some(false), Some(false)),
        Some(Provenance::Itself) => (Some(true), None),
        Some(Provenance::Document) => (None, Some(true)),
    };
    let search = filter.search.as_ref();
    Statement::new("SELECT * FROM (")
        .append(filter.walk())
        .append(Statement::new(
            ") c WHERE (? IS NULL OR (registered_openly OR COALESCE(json_extract(metadata, '$.limen_came_openly'), 0)) = ?) AND (? IS NULL OR (document_fresh_until IS NOT NULL) = ?)
               AND (? IS NULL OR instr(lower(id), ?) = 1 OR instr(lower(json_extract(metadata, '$.client_name')), ?) > 0)
               AND (? IS NULL OR EXISTS (SELECT 1 FROM json_each(metadata, '$.grant_types') g WHERE g.value = ?))
               AND (? IS NULL OR COALESCE(json_extract(metadata, '$.disabled'), 0) = ?)
               AND (? IS NULL OR COALESCE(json_extract(metadata, '$.limen_waits'), 0) = ?)
             LIMIT ?",
        ))
        .bind(openly)
        .bind(openly)
        .bind(document)
        .bind(document)
        .bind(search)
        .bind(search)
        .bind(search)
        .bind(filter.grant)
        .bind(filter.grant)
        .bind(filter.disabled)
        .bind(filter.disabled)
        .bind(filter.waiting)
        .bind(filter.waiting)
        .bind(limit)
        .read_by(read)
}

/// How many clients there are, counted no further than `most`.
pub fn count(most: i64) -> Query<i64> {
    Statement::new("SELECT COUNT(*) AS count FROM (SELECT 1 FROM clients WHERE id > '' LIMIT ?)")
        .bind(most)
        .read_by(read_count)
}

/// The last client that [`list`] looks at where it finds fewer than its limit, if there are more.
pub fn find_end(filter: &ClientFilter<'_>) -> Query<Option<String>> {
    #[derive(Deserialize)]
    struct End {
        id: String,
    }
    Statement::new("SELECT id FROM (")
        .append(filter.walk())
        .append(Statement::new(") LIMIT 1 OFFSET ?"))
        .bind(WALK - 1)
        .read_by(|rows| Ok(rows.first::<End>()?.map(|end| end.id)))
}

impl ClientFilter<'_> {
    /// The clients that a page looks at.
    fn walk(&self) -> Statement {
        let only = self
            .client_id
            .map(|client_id| Statement::new(" AND id = ?").bind(client_id));
        let all = Statement::new(
            "SELECT id, version, metadata, registered_openly, document_fresh_until, issued_at, updated_at FROM clients WHERE id > ?",
        );
        // These have an index of their own.
        let waiting =
            (self.waiting == Some(true)).then(|| Statement::new(" AND json_extract(metadata, '$.limen_waits') = 1"));
        only.into_iter()
            .chain(waiting)
            .fold(all.bind(self.after), Statement::append)
            .append(Statement::new(" ORDER BY id LIMIT ?").bind(WALK))
    }
}

#[derive(Deserialize)]
struct Row {
    id: String,
    version: i64,
    metadata: String,
    registered_openly: i64,
    document_fresh_until: Option<i64>,
    issued_at: i64,
    updated_at: i64,
}

fn read(rows: &Rows) -> Result<Vec<Listed>, Fault> {
    let listed = |row: Row| {
        let metadata: ClientMetadata = from_json(&row.metadata)?;
        let came_openly = row.registered_openly != 0 || metadata.came_openly;
        Ok(Listed {
            registered_by: Provenance::of(row.document_fresh_until.is_some(), came_openly),
            metadata,
            client_id: row.id,
            version: row.version,
            issued_at: UnixTime(row.issued_at),
            updated_at: UnixTime(row.updated_at),
        })
    };
    rows.all::<Row>()?.into_iter().map(listed).collect()
}
