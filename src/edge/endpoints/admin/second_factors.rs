//! `/admin/api/users/{user_id}/second_factors`: the second factors of a person, and the browsers in which none is asked for.

use serde_json::json;

use crate::{
    db::{
        Batch, credentials,
        trusted_browsers::{self, TrustedBrowser},
        users,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::ways_in,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/users/{user_id}/second_factors`: the oldest first.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let ways = batch.add(credentials::list_of(user_id));
    let browsers = batch.add(trusted_browsers::list_of(user_id, context.now));
    let rows = context.db.run(batch).await?;
    if rows.read(user)?.is_none() {
        return Err(MachineFailure::no_such("user"));
    }
    let browsers: Vec<_> = rows.read(browsers)?.iter().map(TrustedBrowser::describe).collect();
    let described = rows.read(ways)?.describe_second_factors();
    let listed = json!({ "second_factors": described, "trusted_browsers": browsers });
    Ok(Reply::json(200, &listed))
}

/// `DELETE /admin/api/users/{user_id}/second_factors/{factor_id}`, also where it is the last one: it may be lost.
pub async fn remove(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match ways_in::remove_second_factor(request.segment(0), request.segment(1), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("second factor")),
    }
}
