//! `/admin/people/new`: adds a person, who comes in by a link.

use super::{app, person::link_page, typed::Typed};
use crate::{
    account::{group::Group, set_up::LinkKind},
    admin::{console_form::new_person as form_of, user::UserChanges},
    db::groups,
    edge::{
        http::{
            failure::{MachineFailure, PageFailure},
            request::Incoming,
        },
        mail::outbox,
        people::{
            console_access::Console,
            operations::{people, ways_in},
        },
        platform::{apart::apart, context::Context, random},
    },
    fault::Fault,
    oidc::params::Params,
    pages::console::{ConsoleNotice, NewPersonPage, OnceHeading},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

pub(super) const CREATE: Call = (Endpoint::AdminUsers, Method::Post);
const MAKE_LINK: Call = (Endpoint::AdminUserSetUpLink, Method::Post);
const ADD_TO_GROUP: Call = (Endpoint::AdminGroupMember, Method::Put);

/// `GET /admin/people/new`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[CREATE], context).await?;
    let groups = groups_to_choose(&console, context).await?;
    Ok(page(&console, &groups, Typed::default(), context))
}

/// The groups that the person may be put into: none for those who may not do that.
async fn groups_to_choose(console: &Console, context: &Context) -> Result<Vec<Group>, Fault> {
    match console.may(ADD_TO_GROUP) {
        true => context.db.read(groups::list("", "", app::GROUPS)).await,
        false => Ok(Vec::new()),
    }
}

fn page(console: &Console, groups: &[Group], typed: Typed<'_>, context: &Context) -> Reply {
    let html = NewPersonPage {
        frame: console.frame(Endpoint::ConsolePeople),
        confirm: console.confirm_for(&[CREATE]),
        groups: app::choices(groups, &[], typed.form()),
        sends_mails: context.config.mail.is_some(),
        by_mail: typed.form().is_some_and(form_of::by_mail),
        typed: ["username", "name", "email"].map(|name| typed.text(name)),
        problem: typed.problem(),
    }
    .to_html();
    console.page(typed.status(), html)
}

/// `POST /admin/people/new`: makes the account and its set-up link, which is shown for this once or goes by mail.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    for call in [CREATE, MAKE_LINK] {
        console.require(call, context)?;
    }
    let groups = groups_to_choose(&console, context).await?;
    match apart(add(&console, &groups, &form, context)).await {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let problem = super::explain(failure)?;
            Ok(page(&console, &groups, Typed::refused(&form, &problem), context))
        }
    }
}

async fn add(console: &Console, groups: &[Group], form: &Params, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = UserChanges::parse(&form_of::person(form)?)?;
    let ids = groups.iter().map(|group| group.id.as_str());
    let chosen: Vec<_> = ids.filter(|id| form.all("group").any(|chosen| chosen == *id)).collect();
    let user = people::create(&wanted, &chosen, context).await?;
    let mail_id = random::id()?;
    let mail = form_of::by_mail(form).then(|| {
        let language = console.signed_in.language;
        outbox::to_newcomer(&mail_id, &user, language, context)
    });
    let link = ways_in::make_set_up_link(&user.id, LinkKind::SetUp.lifetime(), mail.flatten(), context).await?;
    let link = link.ok_or_else(|| MachineFailure::no_such("user"))?;
    let path = routes::with_segment(Endpoint::ConsolePerson, &user.id);
    Ok(match link.is_mailed {
        true => console
            .signed_in
            .done_at(&path, ConsoleNotice::Mailed.as_str(), context),
        false => link_page(
            console,
            (OnceHeading::Link, user.display_name(), &path),
            (&link.url, link.expires_at),
        ),
    })
}
