//! `/admin/people/{user_id}/attributes` and `/admin/groups/{group_id}/attributes`: what the operator keeps of a person or a group
//! (`ATTRIBUTES`), for those who may change them.

use serde_json::{Map, Value, json};

use crate::{
    account::profile,
    admin::{console_form, group::WantedGroup, user::UserChanges},
    db::{groups, users},
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{
            console_access::Console,
            operations::{
                self,
                change::{self, Changed},
            },
        },
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::{
        account::OwnField,
        console::{ConsoleAttributesPage, ConsoleNotice, Part},
    },
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

/// Whose they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    OfPerson,
    OfGroup,
}

/// Somebody or something that has attributes.
struct Owner {
    id: String,
    name: String,
    values: Map<String, Value>,
    /// Changes with them.
    version: String,
    /// Whether the operator may not change them.
    is_beyond: bool,
}

impl Kept {
    fn change(self) -> Call {
        match self {
            Self::OfPerson => (Endpoint::AdminUser, Method::Patch),
            Self::OfGroup => (Endpoint::AdminGroup, Method::Patch),
        }
    }

    fn section(self) -> Endpoint {
        match self {
            Self::OfPerson => Endpoint::ConsolePeople,
            Self::OfGroup => Endpoint::ConsoleGroups,
        }
    }

    fn page(self) -> Endpoint {
        match self {
            Self::OfPerson => Endpoint::ConsolePerson,
            Self::OfGroup => Endpoint::ConsoleGroup,
        }
    }

    /// # Errors
    /// 404, also where nothing is kept.
    async fn find(self, id: &str, console: &Console, context: &Context) -> Result<Owner, PageFailure> {
        if context.config.attributes.is_empty() {
            return Err(Problem::NotFound.into());
        }
        match self {
            Self::OfPerson => {
                let user = context.db.read(users::find(id)).await?.ok_or(Problem::NotFound)?;
                let known = context.config.attributes.iter();
                let values = known.filter_map(|(name, _)| Some((name.to_owned(), user.claims.own(name)?.clone())));
                Ok(Owner {
                    is_beyond: super::is_beyond(id, console, context).await?,
                    values: values.collect(),
                    name: user.display_name().to_owned(),
                    version: user.updated_at.seconds().to_string(),
                    id: user.id,
                })
            }
            Self::OfGroup => {
                let group = context.db.read(groups::find(id)).await?.ok_or(Problem::NotFound)?;
                Ok(Owner {
                    is_beyond: false,
                    name: group.name.as_str().to_owned(),
                    version: group.updated_at.seconds().to_string(),
                    values: group.attributes,
                    id: group.id,
                })
            }
        }
    }
}

/// The page of the attributes of that person or group, for those who may see them.
pub async fn show(kept: Kept, request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(kept.change().0, Method::Get)], context).await?;
    let owner = kept.find(request.segment(0), &console, context).await?;
    Ok(page(kept, &owner, &console, None, context))
}

/// What was typed, the names of fields that are wrong, and another problem.
type Typed<'a> = (&'a Params, &'a [String], Option<&'a str>);

fn page(kept: Kept, owner: &Owner, console: &Console, typed: Option<Typed<'_>>, context: &Context) -> Reply {
    let language = console.signed_in.language;
    let changes = console.may(kept.change()) && !owner.is_beyond;
    let fields = context.config.attributes.iter().map(|(name, attribute)| {
        let field = profile::field_of(name);
        let typed =
            typed.map(|(form, wrong, _)| (form.text(&field).to_owned(), wrong.iter().any(|other| other == name)));
        let title = attribute.title(name, language.tag());
        OwnField::new(field, title, attribute.kind, owner.values.get(name)).editable(true, typed)
    });
    let html = ConsoleAttributesPage {
        part: Part {
            frame: console.frame(kept.section()),
            action: console.path(),
            back: &routes::with_segment(kept.page(), &owner.id),
            name: &owner.name,
            confirm: (changes && !console.signed_in_just_now).then(|| console.confirm()),
            may_change: changes && console.signed_in_just_now,
            problem: typed.and_then(|(_, _, problem)| problem),
        },
        is_group: kept == Kept::OfGroup,
        shown: typed.map_or(&owner.version, |(form, ..)| form.text("shown")),
        fields: fields.collect(),
    }
    .to_html();
    console.page(if typed.is_some() { 400 } else { 200 }, html)
}

/// Changes those of which the form says something else than there is.
pub async fn submit(kept: Kept, request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(kept.change(), context)?;
    let owner = kept.find(request.segment(0), &console, context).await?;
    if owner.is_beyond {
        return Err(super::refuse_beyond(&owner.id, &console, context));
    }
    let known = context.config.attributes.iter();
    let before = |name: &str| owner.values.get(name).cloned();
    let (changes, wrong) = profile::changes_of_attributes(before, known, |name| form.text(name));
    if !wrong.is_empty() {
        return Ok(page(kept, &owner, &console, Some((&form, &wrong, None)), context));
    }
    let shown = form
        .single("shown")
        .map_err(Problem::BadRequest)?
        .ok_or_else(console_form::unknown);
    let shown = shown.map_err(Problem::BadRequest)?;
    if changes.is_empty() {
        return Ok(console.done(ConsoleNotice::NothingDone, context));
    }
    let saved = match shown == owner.version {
        true => apart(save(kept, &owner, changes, context)).await,
        false => Err(super::changed_elsewhere()),
    };
    match saved {
        Ok(()) => Ok(console.done(ConsoleNotice::Saved, context)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            Ok(page(
                kept,
                &owner,
                &console,
                Some((&form, &[], Some(&problem))),
                context,
            ))
        }
    }
}

async fn save(kept: Kept, owner: &Owner, changes: Map<String, Value>, context: &Context) -> Result<(), MachineFailure> {
    let body = json!({ "attributes": changes }).to_string();
    match kept {
        Kept::OfPerson => {
            let wanted = UserChanges::parse(body.as_bytes())?;
            match change::person(&owner.id, &wanted, context).await? {
                Changed::Done(_) => Ok(()),
                Changed::Nobody => Err(MachineFailure::no_such("user")),
                Changed::Taken => Err(super::changed_elsewhere()),
            }
        }
        Kept::OfGroup => {
            let (policy, known) = (context.config.second_factor, &context.config.attributes);
            let wanted = WantedGroup::parse(body.as_bytes(), policy, known)?;
            operations::groups::change(&owner.id, wanted, None, context)
                .await
                .map(drop)
        }
    }
}
