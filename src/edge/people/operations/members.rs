//! People come to groups, and leave them.

use serde_json::json;

use crate::{
    account::{
        group::MOST_OF_PERSON,
        user::{User, fold_login},
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch, Query,
        group_members::{Pairs, Problem, ProblemKind},
        users::{self, WithCredentials},
    },
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::error::OAuthError,
};

/// Somebody by the username or address that an operator typed.
///
/// # Errors
/// `invalid_request` where there is nobody of that name.
pub async fn named(login: &str, context: &Context) -> Result<User, MachineFailure> {
    let nobody = || OAuthError::invalid_request("there is no person with that username or e-mail address");
    Ok(context.db.read(find(login, context)).await?.ok_or_else(nobody)?.user)
}

/// Likewise, if there is somebody. As at a sign-in: an address that nobody has confirmed is no name where mails are sent.
pub fn find(login: &str, context: &Context) -> Query<Option<WithCredentials>> {
    users::find_by_login(login, &fold_login(login), context.config.mail.is_some())
}

/// People and groups: one person and several groups, or the other way round.
pub type Both<'a> = (&'a [&'a str], &'a [&'a str]);

/// Who comes to a group, and who leaves it: all of them, or none.
pub struct Change<'a> {
    pub add: Both<'a>,
    pub remove: Both<'a>,
}

impl Change<'_> {
    /// Adds one person to one group.
    ///
    /// # Errors
    /// As [`Change::make`].
    pub async fn add_one(user_id: &str, group_id: &str, context: &Context) -> Result<(), MachineFailure> {
        let change = Change {
            add: (&[user_id], &[group_id]),
            remove: (&[], &[]),
        };
        change.make(context).await.map(drop)
    }

    /// Takes one person out of one group, and says whether they were in it.
    ///
    /// # Errors
    /// As [`Change::make`].
    pub async fn remove_one(user_id: &str, group_id: &str, context: &Context) -> Result<bool, MachineFailure> {
        let change = Change {
            add: (&[], &[]),
            remove: (&[user_id], &[group_id]),
        };
        change.make(context).await
    }

    /// Makes it, and says whether somebody left a group.
    ///
    /// # Errors
    /// 404, and 409 for more groups than a person may be in.
    pub async fn make(&self, context: &Context) -> Result<bool, MachineFailure> {
        let (added, removed) = (
            Pairs::new(self.add.0, self.add.1),
            Pairs::new(self.remove.0, self.remove.1),
        );
        let mut batch = Batch::default();
        let problems = [
            batch.add(added.find_problem(true)),
            batch.add(removed.find_problem(false)),
        ];
        let rows = context.db.run(batch).await?;
        for problem in problems {
            if let Some(problem) = rows.read(problem)? {
                return Err(refusal(&problem));
            }
        }
        let entry = |event, groups: &[&str]| Entry::new(event, Actor::Operator).detail(json!({ "groups": groups }));
        let mut batch = Batch::default();
        batch.push(added.demand());
        batch.push(removed.record_delete(&entry(Event::GroupMemberRemoved, self.remove.1), context));
        let left = batch.add(removed.delete());
        batch.push(added.record_insert(&entry(Event::GroupMemberAdded, self.add.1), context));
        batch.push(added.insert());
        match context.db.run(batch).await {
            Ok(rows) => Ok(rows.read(left)?),
            // Something went between the two trips, and nothing has happened.
            Err(fault) => match context.db.read(added.find_problem(true)).await? {
                Some(problem) => Err(refusal(&problem)),
                None => Err(fault.into()),
            },
        }
    }
}

fn refusal(problem: &Problem) -> MachineFailure {
    match problem.kind {
        ProblemKind::NoUser => MachineFailure::no_such_id("user", &problem.user_id),
        ProblemKind::NoGroup => MachineFailure::no_such_id("group", &problem.group_id),
        ProblemKind::TooMany => {
            let user = &problem.user_id;
            let why = format!("the user {user} would be in more than {MOST_OF_PERSON} groups");
            MachineFailure::status(409, OAuthError::invalid_request(why))
        }
    }
}
