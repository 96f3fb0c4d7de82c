//! Codes by mail: asked for, sent, and tried. Whoever types one must have asked for it in the same browser.

use crate::{
    account::{
        email,
        throttle::{self, Counter},
    },
    db::{
        Batch, Statement,
        mail_codes::{self, CodeKey, NewCode, Tried},
        mail_outbox,
        throttles::{self, Count},
        users,
    },
    edge::{
        http::{browser::Browser, request::Incoming},
        mail::outbox,
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{CodeKind, Facts, Kind, NewMail, is_code},
    pages::Language,
    secret::Purpose,
    time::Lifetime,
};

/// What came of a code.
pub enum Verdict {
    /// It is right. It is used up by [`mail_codes::use_up`], with what it is for.
    Right(Tried),
    /// It is wrong, too old, or was tried too often.
    Wrong,
    TooMany {
        wait: Lifetime,
    },
}

/// An address that somebody wants to show to be theirs.
pub struct AskedAddress {
    pub key: CodeKey,
    /// As it is stored.
    pub address: String,
    /// Who wants it; nobody known where it is for an account that is to be made.
    pub user_id: Option<String>,
    pub language: Language,
}

/// What a mail that is asked for counts against: the network, the name that it is for, whoever has it, and the network in a day.
struct MailCounters {
    from: Counter,
    by_name: Counter,
    today: Counter,
}

impl MailCounters {
    fn of(folded: &str, request: &Incoming, context: &Context) -> Self {
        let (key, address) = (context.config.roots.current(Purpose::Throttle), request.address());
        let daily_limit = context.config.mail.as_ref().map_or(0, |settings| settings.daily_limit);
        Self {
            from: throttle::of_mail_requests(&key, &address),
            by_name: throttle::of_mails_for(&key, folded),
            today: throttle::of_mail_requests_a_day(&key, &address, daily_limit),
        }
    }

    /// How long to wait, where there were too many.
    fn wait(&self, [from, by_name, today]: [Count; 3], context: &Context) -> Option<Lifetime> {
        let counted = [(from, &self.from), (by_name, &self.by_name), (today, &self.today)];
        let waits = counted
            .into_iter()
            .map(|(count, counter)| count.wait(counter, context.now));
        waits.flatten().max()
    }
}

/// Counts a mail that is asked for; where its person has signed in before, for that browser alone. How long to wait, where there were too
/// many.
pub async fn count_for_person(
    folded: &str,
    browser: &Browser,
    request: &Incoming,
    context: &Context,
) -> Result<Option<Lifetime>, Fault> {
    let counters = MailCounters::of(folded, request, context);
    let key = context.config.roots.current(Purpose::Throttle);
    let own = |browser: &str, user_id: &str| throttle::of_mails_in(&key, browser, user_id);
    let guess = throttles::Guess {
        folded,
        account: &counters.by_name,
        address: &counters.from,
        known: &browser.own(own, context),
    };
    let mut batch = Batch::default();
    let from = batch.add(throttles::count_address_of(&guess, context.now));
    let by_name = batch.add(throttles::count_account_of(&guess, context.now));
    let today = batch.add(throttles::count_within(&counters.today, &counters.from, context.now));
    let rows = context.db.run(batch).await?;
    Ok(counters.wait([rows.read(from)?, rows.read(by_name)?, rows.read(today)?], context))
}

/// Counts a code that a stranger asks for, and notes it where there were not too many; of one mailbox, all addresses count together. How
/// long to wait, where there were.
pub async fn begin(
    (key, new): (&CodeKey, &NewCode<'_>),
    request: &Incoming,
    context: &Context,
) -> Result<Option<Lifetime>, Fault> {
    let counters = MailCounters::of(&email::fold_for_limits(&key.folded), request, context);
    let mut batch = Batch::default();
    let from = batch.add(throttles::count_address(&counters.from, context.now));
    let by_name = batch.add(throttles::count_within(&counters.by_name, &counters.from, context.now));
    let today = batch.add(throttles::count_within(&counters.today, &counters.by_name, context.now));
    let within = [&counters.by_name, &counters.today].into_iter().map(throttles::within);
    let within = within.fold(throttles::within(&counters.from), Statement::and);
    batch.push(mail_codes::begin(key, new, within, context.now));
    let rows = context.db.run(batch).await?;
    Ok(counters.wait([rows.read(from)?, rows.read(by_name)?, rows.read(today)?], context))
}

impl AskedAddress {
    /// The statements that send a code to the address; or, where somebody else has it, a word about that to them. Which of them it
    /// is does not show. Nothing where mails are off.
    pub fn send(&self, context: &Context) -> Result<Vec<Statement>, Fault> {
        let Some(settings) = &context.config.mail else {
            return Ok(Vec::new());
        };
        let (id, other, root) = (random::id()?, random::id()?, context.config.roots.current_version());
        let user_id = self.user_id.as_deref();
        let own = user_id.unwrap_or_default();
        let mail = |id, user_id, kind| NewMail {
            id,
            user_id,
            kind,
            address: &self.address,
            language: self.language.tag(),
            facts: Facts::default(),
            root,
        };
        let (is_free, limit) = (
            users::address_is_anothers(&self.key.folded, own).negated(),
            settings.daily_limit,
        );
        let code = mail(&id, user_id, Kind::ConfirmAddress);
        let word = mail(&other, None, Kind::AddressInUse);
        Ok(vec![
            mail_outbox::write_where(is_free, &code, limit, context.now),
            mail_outbox::write_to_holder(&word, own, limit, context.now),
            mail_codes::attach(&self.key, (&id, root), user_id),
        ])
    }

    /// Sends it after the answer.
    pub fn send_later(self, context: &Context) {
        context.after_answer(async move |later| {
            later.db.execute(self.send(later)?).await?;
            outbox::send_due(later).await
        });
    }
}

/// Tries a code, which counts for the network, too.
pub async fn try_code(key: &CodeKey, typed: &str, request: &Incoming, context: &Context) -> Result<Verdict, Fault> {
    let throttle_key = context.config.roots.current(Purpose::Throttle);
    let network = throttle::of_codes(&throttle_key, &request.address());
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(&network, context.now));
    let tried = batch.add(mail_codes::try_once(key, context.now));
    let rows = context.db.run(batch).await?;
    if let Some(wait) = rows.read(counted)?.wait(&network, context.now) {
        return Ok(Verdict::TooMany { wait });
    }
    let is_right = |tried: &Tried| {
        is_code(
            typed,
            (&tried.mail_id, key.kind.digits()),
            tried.root,
            &context.config.roots,
        )
    };
    Ok(rows
        .read(tried)?
        .filter(is_right)
        .map_or(Verdict::Wrong, Verdict::Right))
}

/// The key of a code in a browser.
pub fn key(browser: &Browser, kind: CodeKind, folded: &str, context: &Context) -> CodeKey {
    CodeKey {
        browser: browser.mail_code_hash(context),
        kind,
        folded: folded.to_owned(),
    }
}
