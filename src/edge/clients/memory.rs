//! What an isolate remembers of clients, so that they can be judged before D1 acts. It may be old: whatever acts on it demands in
//! SQL that the client is still of that version, and nothing is refused for it alone.

use std::rc::Rc;

use crate::{
    db::{
        Batch,
        clients::{self, ClientRecord},
        signing_keys::{self, CurrentKey},
    },
    edge::platform::context::Context,
    fault::Fault,
    memory::ShortMemory,
    time::{Lifetime, UnixTime},
};

/// For how long.
const REMEMBERED: Lifetime = Lifetime::hours(1);

/// The most clients that an isolate remembers.
const MOST_REMEMBERED: usize = 100;

thread_local! {
    static MEMORY: ShortMemory<Rc<Known>> = ShortMemory::new(MOST_REMEMBERED, REMEMBERED);
}

/// A client as it was when it was read.
pub struct Known {
    pub record: ClientRecord,
    /// The key that signed its tokens then, with its wrapped private half. `None` where there was none yet.
    pub signing_key: Option<CurrentKey>,
}

/// The client, if it is remembered.
pub fn remembered(client_id: &str, now: UnixTime) -> Option<Rc<Known>> {
    MEMORY.with(|memory| memory.get(client_id, now))
}

/// Reads the client from D1, and remembers it.
pub async fn read(client_id: &str, context: &Context) -> Result<Option<Rc<Known>>, Fault> {
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let key = batch.add(signing_keys::current_for_client(client_id, NONE_AT_HAND, context.now));
    let rows = context.db.run(batch).await?;
    let Some(record) = rows.read(record)? else {
        return Ok(None);
    };
    let known = Rc::new(Known {
        record,
        signing_key: rows.read(key)?,
    });
    if known.signing_key.is_some() {
        MEMORY.with(|memory| memory.put(client_id, known.clone(), context.now));
    }
    Ok(Some(known))
}

/// So that the private half comes along in any case: what is at hand now may be dropped before the client is.
const NONE_AT_HAND: &str = "[]";

/// Forgets a client that has changed since it was read.
pub fn forget(client_id: &str) {
    MEMORY.with(|memory| memory.forget(client_id));
}
