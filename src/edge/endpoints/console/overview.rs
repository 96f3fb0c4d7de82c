//! `/admin`: what an operator should look after, and how much there is.

use crate::{
    db::{Batch, audit_log, client_list, mail_outbox, people_list},
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::{console_access::Console, operations::status},
        platform::{apart::apart, context::Context, deployment},
    },
    pages::console::{Attention, Bar, ConsoleOverviewPage, Numbers},
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
    let console = Console::open(request, &[], context).await?;
    let sees = |endpoint| console.may((endpoint, Method::Get));
    let today = context.now.seconds().div_euclid(DAY);
    let first = today - (DAYS - 1);
    let mut batch = Batch::default();
    let people = sees(Endpoint::AdminUsers).then(|| people_list::count(COUNTED + 1));
    let people = batch.add_if(people);
    let apps = sees(Endpoint::AdminClients).then(|| client_list::count(COUNTED + 1));
    let apps = batch.add_if(apps);
    let days = sees(Endpoint::AdminAudit).then(|| audit_log::sign_ins_by_day(UnixTime(first * DAY)));
    let days = batch.add_if(days);
    let is_sent = sees(Endpoint::AdminHealth) && context.config.mail.is_some();
    let mails = batch.add_if(is_sent.then(|| mail_outbox::count(context.now)));
    let rows = context.db.run(batch).await?;
    let (people, apps) = (rows.read_if(people)?, rows.read_if(apps)?);
    let days = rows.read_if(days)?;
    let failed = rows.read_if(mails)?.flatten().map_or(0, |counts| counts.failed);
    let attention = match sees(Endpoint::AdminHealth) {
        true => Some(apart(attention(&console, failed, context)).await),
        false => None,
    };
    let counted = |count: i64| (count.min(COUNTED), count > COUNTED);
    let sees_days = days.is_some();
    let days = days.unwrap_or_default();
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
            people: people.map(counted),
            apps: apps.map(counted),
        },
        days: sees_days.then(|| (oldest..=today).rev().map(bar).collect()),
        cut_short,
    }
    .to_html();
    Ok(console.page(200, html))
}

async fn attention(console: &Console, failed: i64, context: &Context) -> Vec<Attention> {
    let health = status::health(context).await;
    let moment = |at| console.moment(at);
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
    if !health.failing_webhooks.is_empty() {
        found.push(Attention::Webhooks(health.failing_webhooks.join(", ")));
    }
    found.extend(deployment::warnings().into_iter().map(Attention::Deployment));
    found
}
