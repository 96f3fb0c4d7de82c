//! `/admin`: what an operator should look after, and how much there is.

use crate::{
    db::{audit_log, client_list, mail_outbox, people_list},
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::{
            console_access::{Console, ConsoleRequest},
            operations::status,
        },
        platform::{apart::apart, context::Context, deployment},
    },
    pages::{
        Moment,
        console::{Attention, Bar, ConsoleOverviewPage, Numbers},
    },
    reply::Reply,
    routes::{Endpoint, Method},
    time::UnixTime,
};

/// How far people and apps are counted.
const COUNTED: i64 = 10_000;

/// How many days of sign-ins are shown.
const DAYS: i64 = 14;

const DAY: i64 = 86_400;

/// `GET /admin`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut console_request = ConsoleRequest::at(request, context)?;
    let today = context.now.seconds().div_euclid(DAY);
    let first = today - (DAYS - 1);
    let batch = console_request.batch();
    let people = batch.add(people_list::count(COUNTED + 1));
    let apps = batch.add(client_list::count(COUNTED + 1));
    let days = batch.add(audit_log::sign_ins_by_day(UnixTime(first * DAY)));
    let mails = batch.add_if(context.config.mail.as_ref().map(|_| mail_outbox::count(context.now)));
    let (console, rows) = console_request.enter(context).await?;
    let (people, apps, days) = (rows.read(people)?, rows.read(apps)?, rows.read(days)?);
    let sees = |endpoint| console.may((endpoint, Method::Get));
    let failed = rows.read_if(mails)?.flatten().map_or(0, |counts| counts.failed);
    let attention = match sees(Endpoint::AdminHealth) {
        true => Some(apart(attention(&console, failed, context)).await),
        false => None,
    };
    let counted = |count: i64, endpoint| sees(endpoint).then_some((count.min(COUNTED), count > COUNTED));
    let cut_short = audit_log::is_cut_short(&days);
    // The last day of a walk that was cut short is not whole.
    let whole = days.len() - usize::from(cut_short && days.len() > 1);
    let oldest = match cut_short {
        true => days.iter().take(whole).map(|day| day.day).min().unwrap_or(today),
        false => first,
    };
    let bar = |day: i64| {
        let found = days.iter().find(|found| found.day == day);
        Bar {
            day,
            succeeded: found.map_or(0, |found| found.succeeded),
            failed: found.map_or(0, |found| found.failed),
        }
    };
    let html = ConsoleOverviewPage {
        frame: console.frame(Endpoint::Console),
        roles: console.roles.clone(),
        attention,
        numbers: Numbers {
            people: counted(people, Endpoint::AdminUsers),
            apps: counted(apps, Endpoint::AdminClients),
        },
        days: sees(Endpoint::AdminAudit).then(|| (oldest..=today).rev().map(bar).collect()),
        cut_short,
    }
    .to_html();
    Ok(console.page(200, html))
}

async fn attention(console: &Console, failed: i64, context: &Context) -> Vec<Attention> {
    let health = status::health(context).await;
    let moment = |at| Moment::new(at, context.now, console.signed_in.language);
    let mut found = Vec::new();
    if !health.cron {
        found.push(Attention::Cron(health.last_run_at.map(moment)));
    }
    if !health.keys() {
        let mut lacking: Vec<_> = health.without_current.iter().chain(&health.without_next).collect();
        lacking.sort_unstable();
        lacking.dedup();
        let names: Vec<_> = lacking.into_iter().map(|alg| alg.as_str()).collect();
        found.push(Attention::Keys(names.join(", ")));
    }
    if !health.kv {
        found.push(Attention::Kv);
    }
    if let Some(oldest) = health.oldest_mail_at.filter(|_| !health.mail) {
        found.push(Attention::MailStuck(moment(oldest)));
    }
    if failed > 0 {
        found.push(Attention::MailsFailed(failed));
    }
    found.extend(deployment::warnings().into_iter().map(Attention::Deployment));
    found
}
