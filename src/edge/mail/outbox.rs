//! Sends the mails of the outbox. One run at a time takes a mail, and its row stays until a provider has accepted it, so no mail is
//! lost. If a run dies right after the provider accepted a mail, it is sent twice.

use futures_util::{StreamExt, stream};

use super::{
    carrier::{self, NotTaken},
    letters,
};
use crate::{
    account::user::User,
    audit::Event,
    config::{MailSettings, Notices},
    db::{Statement, mail_outbox},
    edge::platform::{context::Context, log, random},
    fault::Fault,
    mail::{BY_OPERATOR, Facts, Kind, NewMail, NewNotice, Waiting, delivery::Delivery, link_secret},
    pages::Language,
    secret::{Hash, OpaqueToken, Purpose},
    web::retry,
};

/// The most mails of a round.
const AT_ONCE: i64 = 20;

/// How many are under way at a time: the platform opens no more than six connections.
const CONNECTIONS: usize = 5;

/// The most rounds of one run.
const MOST_ROUNDS: usize = 10;

/// A mail to a person, at the address that they have confirmed. `None` where there is none, or mails are off.
pub fn to_person<'a>(
    kind: Kind,
    id: &'a str,
    user: &'a User,
    language: Language,
    context: &Context,
) -> Option<(NewMail<'a>, i64)> {
    to_address(kind, id, (user, user.confirmed_email()?), language, context)
}

/// The mail with the link of somebody who is new, at the address that the link is to confirm. `None` likewise.
pub fn to_newcomer<'a>(
    id: &'a str,
    user: &'a User,
    language: Language,
    context: &Context,
) -> Option<(NewMail<'a>, i64)> {
    let address = user.claims.text("email")?;
    to_address(Kind::Invitation, id, (user, address), language, context)
}

fn to_address<'a>(
    kind: Kind,
    id: &'a str,
    (user, address): (&'a User, &'a str),
    language: Language,
    context: &Context,
) -> Option<(NewMail<'a>, i64)> {
    let settings = context.config.mail.as_ref()?;
    let mail = NewMail {
        id,
        user_id: Some(&user.id),
        kind,
        address,
        language: language.tag(),
        facts: Facts {
            account: user.username.as_str().to_owned(),
            detail: None,
        },
        root: context.config.roots.current_version(),
    };
    Some((mail, settings.daily_limit))
}

/// The secret of the link in a mail that is written now, and what is stored of it.
pub fn secret_of_link(mail_id: &str, context: &Context) -> Result<(OpaqueToken, Hash), Fault> {
    let roots = &context.config.roots;
    let secret = link_secret(mail_id, roots.current_version(), roots);
    let both = secret.and_then(|secret| secret.hash(roots, Purpose::SetUpLink).map(|hash| (secret, hash)));
    both.ok_or_else(|| Fault::new("mail", "no root key"))
}

/// What a person is told of.
pub struct Notice<'a> {
    pub user_id: &'a str,
    pub kind: Kind,
    /// Which of `MAIL_NOTICES` it is.
    pub of: Notices,
    /// A browser, or the name of an event.
    pub detail: Option<&'a str>,
    /// That of the page; of what an operator did, that of the person.
    pub language: Option<Language>,
}

impl<'a> Notice<'a> {
    /// How a person signs in was changed, as `event` says.
    pub fn of_change(of: Notices, event: Event, user_id: &'a str, language: Language) -> Self {
        Self {
            user_id,
            kind: Kind::AccountChanged,
            of,
            detail: Some(event.as_str()),
            language: Some(language),
        }
    }

    /// A person has a new password.
    pub fn of_password(user_id: &'a str, language: Language) -> Self {
        Self {
            user_id,
            kind: Kind::PasswordChanged,
            of: Notices::Password,
            detail: None,
            language: Some(language),
        }
    }

    /// An operator changed how a person signs in, as [`by_operator`] writes it.
    pub fn of_operator(of: Notices, written: &'a str, user_id: &'a str) -> Self {
        Self {
            user_id,
            kind: Kind::AccountChanged,
            of,
            detail: Some(written),
            language: None,
        }
    }

    /// The statement that writes it down, in the batch of what it tells of, where `condition` says that this came about. `None` where
    /// people are not told of such things.
    pub fn write(&self, condition: Statement, context: &Context) -> Result<Option<Statement>, Fault> {
        let Some(settings) = telling(self.of, context) else {
            return Ok(None);
        };
        let notice = NewNotice {
            id: &random::id()?,
            user_id: self.user_id,
            kind: self.kind,
            detail: self.detail,
            language: self.language.map(Language::tag),
            root: context.config.roots.current_version(),
        };
        Ok(Some(mail_outbox::notify(
            &notice,
            condition,
            settings.daily_limit,
            context.now,
        )))
    }
}

/// The settings of mails, where people are told of such things.
fn telling(of: Notices, context: &Context) -> Option<&MailSettings> {
    let settings = context.config.mail.as_ref();
    settings.filter(|settings| settings.notices.contains(&of))
}

/// Whether people are told of such things.
pub fn tells_of(of: Notices, context: &Context) -> bool {
    telling(of, context).is_some()
}

/// An event that an operator brought about, as notices have it.
pub fn by_operator(event: Event) -> String {
    format!("{}{BY_OPERATOR}", event.as_str())
}

/// Sends what is due, after the answer.
pub fn send_later(context: &Context) {
    if context.config.mail.is_some() {
        context.after_answer(async |later| send_due(later).await);
    }
}

/// Sends what is due.
pub async fn send_due(context: &Context) -> Result<(), Fault> {
    let Some(settings) = &context.config.mail else {
        return Ok(());
    };
    for _ in 0..MOST_ROUNDS {
        let taken = context.db.read(mail_outbox::take(AT_ONCE, context.now)).await?;
        let is_last = taken.len() < usize::try_from(AT_ONCE).unwrap_or_default();
        send_all(&taken, settings, context).await?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Sends one mail now, whenever it is due.
pub async fn send_one(id: &str, context: &Context) -> Result<(), Fault> {
    let Some(settings) = &context.config.mail else {
        return Ok(());
    };
    let taken = context.db.read(mail_outbox::take_one(id, context.now)).await?;
    send_all(&taken, settings, context).await
}

async fn send_all(taken: &[Waiting], settings: &MailSettings, context: &Context) -> Result<(), Fault> {
    let sent = taken.iter().map(|mail| send(mail, settings, context));
    let outcomes: Vec<Statement> = stream::iter(sent).buffer_unordered(CONNECTIONS).collect().await;
    context.db.execute(outcomes).await
}

/// Sends a mail, and says what becomes of its row.
async fn send(mail: &Waiting, settings: &MailSettings, context: &Context) -> Statement {
    let failure = match deliver(mail, settings, context).await {
        Ok(()) => return mail_outbox::sent(&mail.id, context.now),
        Err(failure) => failure,
    };
    let due_at = context.now + retry::wait(mail.attempts + 1);
    let due_at = Some(due_at).filter(|due_at| !failure.for_good && *due_at < mail.expires_at);
    let kind = mail.kind.map_or("unknown", |kind| kind.as_str());
    let outcome = if due_at.is_some() {
        "tried again later"
    } else {
        "given up"
    };
    log::mail_not_taken(&context.request_id, kind, mail.attempts + 1, outcome);
    mail_outbox::failed(&mail.id, due_at, &failure.problem)
}

async fn deliver(mail: &Waiting, settings: &MailSettings, context: &Context) -> Result<(), NotTaken> {
    if mail.expires_at <= context.now {
        return Err(NotTaken::for_now("it could not be sent in time"));
    }
    let Some(written) = letters::write(mail, context) else {
        return Err(NotTaken::for_now(
            "this version cannot write it, or its root key is gone",
        ));
    };
    let delivery = Delivery {
        id: &mail.id,
        to: &mail.address,
        subject: &written.subject,
        text: &written.text,
        html: &written.html,
    };
    carrier::hand_over(&delivery, settings, context).await
}
