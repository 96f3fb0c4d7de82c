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
        people::console_access::ConsoleRequest,
        platform::context::Context,
    },
    oidc::params::Params,
    pages::console::{PeoplePage, ShownPerson},
    reply::Reply,
    routes::{Endpoint, Method},
};

/// How many people are on a page.
const LONGEST_PAGE: i64 = 50;

/// `GET /admin/people?search=&after=`: those whose name or address begins so, or all, the newest first.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = ConsoleRequest::at(request, context)?.enter(context).await?;
    console.require((Endpoint::AdminUsers, Method::Get), context)?;
    let asked = request.query_params().map_err(Problem::BadRequest)?;
    asked
        .refuse_unknown(&["search", "after"])
        .map_err(Problem::BadRequest)?;
    let search = asked
        .single("search")
        .map_err(Problem::BadRequest)?
        .unwrap_or_default()
        .trim();
    let after = asked.single("after").map_err(Problem::BadRequest)?;
    let how = match search {
        "" => ("sort", "newest"),
        beginning => ("search", beginning),
    };
    let limit = LONGEST_PAGE.to_string();
    let wanted = [
        Some(how),
        Some(("limit", limit.as_str())),
        after.map(|after| ("after", after)),
    ];
    let params = params_of(wanted.into_iter().flatten())?;
    let (filter, page) = PeopleFilter::parse(&params).map_err(Problem::BadRequest)?;
    let mut batch = Batch::default();
    let people = batch.add(people_list::list(&filter, page.limit));
    let end = batch.add_if((!search.is_empty()).then(|| people_list::find_end(&filter)));
    let rows = context.db.run(batch).await?;
    let people = rows.read(people)?;
    let next = match page.next(&people) {
        Some(last) => Some(last.place.to_text()),
        None => rows.read_if(end)?.flatten().map(|place| place.to_text()),
    };
    let next = match next {
        Some(after) => {
            let query = params_of([("search", search), ("after", after.as_str())])?.to_query();
            Some(format!("{}?{query}", Endpoint::ConsolePeople.path()))
        }
        None => None,
    };
    let html = PeoplePage {
        frame: console.frame(Endpoint::ConsolePeople),
        search,
        people: people.iter().map(|listed| shown(&listed.user)).collect(),
        next,
    }
    .to_html();
    Ok(console.page(200, html))
}

fn params_of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Params, PageFailure> {
    let owned = pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Params::of_pairs(owned).map_err(Problem::BadRequest)?)
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
