//! What a developer did wrong, in the audit and in the log, within what strangers may fill.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::{
    audit::{Actor, Entry, Event},
    db::audit,
    edge::platform::{context::Context, log},
    oidc::client,
    time::{Lifetime, UnixTime},
};

/// The most lines that an isolate writes in a window.
const MOST_LINES: u32 = 100;

/// The window.
const WINDOW: Lifetime = Lifetime::minutes(15);

/// The most characters of what came.
const LONGEST: usize = 300;

thread_local! {
    /// When the window began, and how many lines were written in it.
    static LINES: Cell<(UnixTime, u32)> = const { Cell::new((UnixTime(0), 0)) };
}

/// Writes down, after the answer, that a request was refused: why, and what came. `client_id` is written down where it looks like
/// one: what stands in its place may be a secret.
pub fn note(event: Event, client_id: Option<&str>, facts: &[(&'static str, &str)], context: &Context) {
    let mut detail: Map<_, _> = facts
        .iter()
        .map(|(name, text)| {
            (
                (*name).to_owned(),
                Value::from(text.chars().take(LONGEST).collect::<String>()),
            )
        })
        .collect();
    let client_id = client_id.filter(|id| client::is_client_id(id));
    if let Some(client_id) = client_id {
        detail.insert("client_id".to_owned(), client_id.into());
    }
    let detail = Value::Object(detail);
    if may_log(context.now) {
        log::refused(&context.request_id, event.as_str(), &detail);
    }
    if event == Event::ClientRefused && client_id.is_none() {
        // No client of ours: the log is enough, and a trip to D1 too much.
        return;
    }
    context.after_answer(async move |later| {
        let entry = Entry::new(event, Actor::Anybody).detail(detail);
        later.db.execute(audit::record_of_stranger(&entry, later)).await
    });
}

fn may_log(now: UnixTime) -> bool {
    LINES.with(|lines| {
        let (since, count) = lines.get();
        let (since, count) = if now.since(since) > WINDOW {
            (now, 0)
        } else {
            (since, count)
        };
        lines.set((since, count + 1));
        count < MOST_LINES
    })
}
