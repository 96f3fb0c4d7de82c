//! Apps, a page at a time.

use crate::{
    admin::{client_filter::ClientFilter, paging::Page},
    db::{
        Batch,
        client_list::{self, Listed},
    },
    edge::platform::context::Context,
    fault::Fault,
};

/// The apps of a page, and behind which id the next page begins.
///
/// # Errors
/// A fault.
pub async fn page(
    filter: &ClientFilter<'_>,
    page: &Page<'_>,
    context: &Context,
) -> Result<(Vec<Listed>, Option<String>), Fault> {
    let mut batch = Batch::default();
    let clients = batch.add(client_list::list(filter, page.limit));
    let end = batch.add(client_list::find_end(filter));
    let rows = context.db.run(batch).await?;
    let clients = rows.read(clients)?;
    let next = match page.next(&clients) {
        Some(last) => Some(last.client_id.clone()),
        None => rows.read(end)?,
    };
    Ok((clients, next))
}
