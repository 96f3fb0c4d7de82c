//! `client_logos`, and what operators write down about an app.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{Query, Rows, Statement};
use crate::{fault::Fault, time::UnixTime};

/// The most logos of apps that registered themselves.
const MOST_OF_STRANGERS: i64 = 1_000;

/// A logo that is to be kept.
#[derive(Clone, Debug)]
pub struct NewLogo {
    /// SHA-256 as base64url.
    pub digest: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
    /// Whether nobody had to be asked for it.
    pub openly: bool,
}

/// A logo that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLogo {
    /// Whether every app that has it waits for an operator's approval.
    pub waits: bool,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// What operators see of an app beside its registration.
#[derive(Clone, Debug)]
pub struct Papers {
    pub notes: Option<String>,
    pub updated_at: UnixTime,
    pub logo: Option<LogoFacts>,
}

/// What is known of a logo.
#[derive(Clone, Debug)]
pub struct LogoFacts {
    pub media_type: String,
    pub size: i64,
    pub stored_at: UnixTime,
}

/// The logo of that digest.
pub fn find_logo(digest: &str) -> Query<Option<KeptLogo>> {
    #[derive(Deserialize)]
    struct Row {
        waits: i64,
        media_type: String,
        content: String,
    }
    Statement::new(
        "SELECT json_extract(c.metadata, '$.limen_waits') IS 1 AS waits, l.media_type, l.content
         FROM client_logos l JOIN clients c ON c.id = l.client_id WHERE l.digest = ? ORDER BY waits LIMIT 1",
    )
    .bind(digest)
    .read_by(|rows| {
        let Some(row) = rows.first::<Row>()? else {
            return Ok(None);
        };
        let bytes = STANDARD.decode(row.content);
        Ok(Some(KeptLogo {
            waits: row.waits == 1,
            media_type: row.media_type,
            bytes: bytes.map_err(|cause| Fault::new("client_logos", cause))?,
        }))
    })
}

/// Keeps the logo of a client whose metadata names it: of changes at the same time, that of the one which happened.
pub fn keep_logo(client_id: &str, logo: &NewLogo, now: UnixTime) -> Statement {
    add_logo(client_id, logo, now).append(Statement::new(
        " ON CONFLICT (client_id) DO UPDATE SET digest = excluded.digest, media_type = excluded.media_type, content = excluded.content,
            size = excluded.size, openly = excluded.openly, stored_at = excluded.stored_at",
    ))
}

/// Keeps the logo of a client whose metadata names it, if it has none.
pub fn bring_logo(client_id: &str, logo: &NewLogo, now: UnixTime) -> Statement {
    add_logo(client_id, logo, now).append(Statement::new(" ON CONFLICT DO NOTHING"))
}

fn add_logo(client_id: &str, logo: &NewLogo, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO client_logos (client_id, digest, media_type, content, size, openly, stored_at)
         SELECT ?, ?, ?, ?, ?, ?, ?
         WHERE EXISTS (SELECT 1 FROM clients WHERE id = ? AND metadata ->> '$.limen_logo' = ?)",
    )
    .bind(client_id)
    .bind(&logo.digest)
    .bind(logo.media_type)
    .bind(&STANDARD.encode(&logo.bytes))
    .bind(logo.bytes.len() as i64)
    .bind(logo.openly)
    .bind(now)
    .bind(client_id)
    .bind(&logo.digest)
}

/// Forgets the logo of a client whose metadata names none.
pub fn forget_logo(client_id: &str) -> Statement {
    Statement::new(
        "DELETE FROM client_logos
         WHERE client_id = ? AND EXISTS (SELECT 1 FROM clients WHERE id = ? AND metadata ->> '$.limen_logo' IS NULL)",
    )
    .bind(client_id)
    .bind(client_id)
}

/// Whether there may be another logo of an app that registered itself.
pub fn has_room_for_strangers() -> Query<bool> {
    Statement::new(
        "SELECT 1 WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM client_logos WHERE openly = 1 AND client_id > '' LIMIT ?)) < ?",
    )
    .bind(MOST_OF_STRANGERS)
    .bind(MOST_OF_STRANGERS)
    .any()
}

/// What operators see of an app beside its registration.
pub fn find_papers(client_id: &str) -> Query<Option<Papers>> {
    Statement::new(
        "SELECT c.notes, c.updated_at, l.media_type, l.size, l.stored_at
         FROM clients c LEFT JOIN client_logos l ON l.client_id = c.id WHERE c.id = ?",
    )
    .bind(client_id)
    .read_by(read_papers)
}

fn read_papers(rows: &Rows) -> Result<Option<Papers>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        notes: Option<String>,
        updated_at: i64,
        media_type: Option<String>,
        size: Option<i64>,
        stored_at: Option<i64>,
    }
    Ok(rows.first::<Row>()?.map(|row| Papers {
        notes: row.notes,
        updated_at: UnixTime(row.updated_at),
        logo: match (row.media_type, row.size, row.stored_at) {
            (Some(media_type), Some(size), Some(stored_at)) => Some(LogoFacts {
                media_type,
                size,
                stored_at: UnixTime(stored_at),
            }),
            _ => None,
        },
    }))
}

/// Writes down what operators note about an app; nothing, where that is nothing. Where the app is of another `version`, another request has
/// changed it.
pub fn set_notes((client_id, version): (&str, i64), notes: Option<&str>) -> Statement {
    Statement::new("UPDATE clients SET notes = ? WHERE id = ? AND version = ?")
        .bind(notes)
        .bind(client_id)
        .bind(version)
}
