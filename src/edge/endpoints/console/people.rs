//! `/admin/people`: people, some at a time.

use crate::{
    account::user::User,
    admin::people_filter::PeopleFilter,
    db::{Batch, people_list},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::Console,
        platform::context::Context,
    },
    pages::console::{PeoplePage, ShownPerson},
    reply::Reply,
    routes::{Endpoint, Method},
};

/// `GET /admin/people?search=&after=`: those whose name or address begins so, or all, the newest first.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminUsers, Method::Get)], context).await?;
    let asked = request.asked(&super::SEARCH)?;
    let (search, params) = super::page_of(&asked, |search| match search {
        "" => Some(("sort", "newest")),
        beginning => Some(("search", beginning)),
    })?;
    let (filter, page) = PeopleFilter::parse(&params).map_err(Problem::BadRequest)?;
    let mut batch = Batch::default();
    let people = batch.add(people_list::list(&filter, page.limit));
    let end = batch.add_if((!search.is_empty()).then(|| people_list::find_end(&filter, page.limit)));
    let rows = context.db.run(batch).await?;
    let people = rows.read(people)?;
    let next = match page.next(&people) {
        Some(last) => Some(last.place.to_text()),
        None => rows.read_if(end)?.flatten().map(|place| place.to_text()),
    };
    let html = PeoplePage {
        frame: console.frame(Endpoint::ConsolePeople),
        search,
        add: (console.may(super::new_person::CREATE)).then(|| Endpoint::ConsoleNewPerson.path()),
        invitations: (console.may(super::invitations::LIST)).then(|| Endpoint::ConsoleInvitations.path()),
        people: people.iter().map(|listed| shown(&listed.user)).collect(),
        next: super::next_page(Endpoint::ConsolePeople, search, next)?,
    }
    .to_html();
    Ok(console.page(200, html))
}

fn shown(user: &User) -> ShownPerson {
    let logins = [Some(user.username.as_str()), user.claims.text("email")];
    ShownPerson {
        href: format!("{}/{}", Endpoint::ConsolePeople.path(), user.id),
        name: user.display_name().to_owned(),
        logins: logins.into_iter().flatten().map(str::to_owned).collect(),
        is_locked: user.disabled_at.is_some(),
    }
}
