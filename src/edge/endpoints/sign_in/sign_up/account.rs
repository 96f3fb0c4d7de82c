//! The form with which an account is made.

use super::{Entrance, Newcomer};
use crate::{
    account::{
        email,
        passkey::{Challenge, New},
        profile::FieldProblem,
        sign_in::{self, Has, Next, Policy},
        sign_up::{Address, NewAccount, Wrong},
        throttle,
        user::User,
    },
    config::ProfileField,
    db::{
        Batch, Statement,
        credential_owner::Owner,
        credentials::{self, Answered},
        mail_codes::CodeKey,
        passwords,
        sessions::SignedInBy,
        users,
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            folding, new_password,
            new_session::SomebodyShown,
            passkeys::{self, Asked},
            second_factor,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::proven::Proven,
    pages::{NewPasswordProblem, SignUpProblem, Typed},
    reply::Reply,
    secret::Purpose,
    time::{Lifetime, UnixTime},
};

/// What is wrong with a form, and in which fields.
type Refused = (SignUpProblem, Vec<(ProfileField, FieldProblem)>);

/// How somebody will sign in.
enum NewWay {
    Passkey(Box<New>, Challenge),
    Password(String),
    /// By codes, of which one has shown that they can.
    Mail,
}

impl NewWay {
    /// What stores it with the account; nothing where no more is needed than the account itself.
    fn store(&self, user: &User, context: &Context) -> Result<Option<Vec<Statement>>, Fault> {
        Ok(match self {
            Self::Passkey(new, challenge) => {
                let counter = passkeys::counter(&user.id, context);
                let answer = Answered {
                    challenge,
                    counter: &counter,
                };
                let (insert, answered) = credentials::add_passkey(new, None, &Owner::Is(user), &answer, context.now);
                Some(vec![insert.into(), answered])
            }
            Self::Password(hash) => {
                let set = passwords::set(&Owner::Is(user), &random::id()?, hash, context.now);
                Some(vec![set.into()])
            }
            Self::Mail => None,
        })
    }

    /// What somebody has shown who has just made it.
    fn shown(&self, now: UnixTime) -> (Proven, SignedInBy<'_>) {
        match self {
            Self::Passkey(new, _) => (Proven::passkey(new.passkey.backup_eligible, now), SignedInBy::JustNow),
            Self::Password(hash) => (Proven::password(now), SignedInBy::Password(hash)),
            Self::Mail => (Proven::mail_code(now), SignedInBy::JustNow),
        }
    }

    /// What is a first factor alone, as the page of the second one holds it.
    fn first_factor(&self, user: &User) -> Option<String> {
        match self {
            Self::Passkey(..) => None,
            Self::Password(hash) => Some(hash.clone()),
            Self::Mail => user.confirmed_email().map(second_factor::proof_of_mail),
        }
    }
}

impl Newcomer<'_> {
    pub(super) async fn make_account(&self, request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
        let field = |name: &str| self.params.text(name);
        let (typed_email, username) = (field("email").trim(), field("username").trim());
        let (address, verified) = self.entrance.address().unwrap_or((typed_email, false));
        let by_passkey = !self.sign_in.takes_passwords(context);
        let by_mail = self.sign_in.takes_mail_codes_alone(context) && field("passkey").is_empty();
        // A passkey was made for the account that the page had an id for.
        let (asked, browser) = (Asked::SignUp(field("account")), &self.sign_in.browser);
        let made = (by_passkey && !by_mail).then(|| passkeys::read_new(field("passkey"), browser, &asked, context));
        let typed = Typed {
            email: address,
            username,
            // One that was sent to another address than what the form says now is none.
            code_sent: self.confirms(context).then(|| {
                let to = field("code_sent");
                !to.is_empty() && email::fold(to) == email::fold(address)
            }),
            account: matches!(made, Some(Ok(_))).then(|| field("account")),
        };
        if let Some(wait) = count(request, context).await? {
            let minutes = wait.minutes_begun();
            let problem = Some(SignUpProblem::TooManyAttempts { minutes });
            return Ok(self.page((429, problem), typed, &[], context)?.retried_after(wait));
        }
        let refuse = |problem| Ok(self.page((400, Some(problem)), typed, &[], context)?);
        let id = match &made {
            Some(_) => field("account").to_owned(),
            None => random::id()?,
        };
        let user = match self.wanted((address, verified), username, id, context)? {
            Ok(user) => user,
            Err((problem, wrong)) => return Ok(self.page((400, Some(problem)), typed, &wrong, context)?),
        };
        if typed.code_sent == Some(false) || typed.code_sent.is_some() && !field("again").is_empty() {
            return self.ask_for_code(&user, typed, request, context).await;
        }
        // What they will sign in with is looked at before the code, of which there are few tries.
        let way = if by_mail {
            NewWay::Mail
        } else if let Some(made) = made {
            match made {
                Ok((new, challenge)) => NewWay::Passkey(Box::new(new), challenge),
                Err(refused) => return refuse(SignUpProblem::Passkey(passkeys::problem_of(refused))),
            }
        } else {
            match new_password::read(field("password"), &user, context).await {
                Ok(password) => NewWay::Password(new_password::hash(&password)?),
                Err(unfit) => return refuse(SignUpProblem::Password(NewPasswordProblem::Unfit(unfit))),
            }
        };
        let code = match typed.code_sent {
            None => None,
            Some(_) => match self.confirmed(&user, field("code").trim(), request, context).await? {
                Ok(code) => Some(code),
                Err(problem) => return refuse(problem),
            },
        };
        let user = match (&code, user.claims.text("email")) {
            (Some(_), Some(address)) => user
                .with_confirmed_email(address, context.now)
                .map_err(|_| Problem::NotFound)?,
            _ => user,
        };
        let made = self.begin((&user, &way), code.as_ref(), request, context).await?;
        match made {
            Some(reply) => Ok(reply),
            None => self.taken(typed, context).await,
        }
    }

    /// The account that the form asks for, or what is wrong with it.
    fn wanted(
        &self,
        (text, verified): (&str, bool),
        username: &str,
        id: String,
        context: &Context,
    ) -> Result<Result<User, Refused>, Fault> {
        let field = |name: &str| self.params.text(name);
        let sign_up = &context.config.sign_up;
        let user = match NewAccount::parse(Address { text, verified }, username, &sign_up.fields, &field) {
            Ok(account) => account.into_user(id, random::bytes()?, context.now),
            Err(Wrong::Email) => return Ok(Err((SignUpProblem::Email, Vec::new()))),
            Err(Wrong::Username) => return Ok(Err((SignUpProblem::Username, Vec::new()))),
            Err(Wrong::Fields(wrong)) => return Ok(Err((SignUpProblem::Fields, wrong))),
        };
        let is_elsewhere = !sign_up.takes(user.claims.text("email").unwrap_or_default());
        let terms = sign_up.terms.as_ref();
        let problem = if self.entrance.domains(context).is_some() && is_elsewhere {
            SignUpProblem::Elsewhere
        } else if terms.is_some_and(|terms| !terms.are_accepted(field("terms"), field("terms_version"))) {
            SignUpProblem::Terms
        } else {
            return Ok(Ok(user));
        };
        Ok(Err((problem, Vec::new())))
    }

    /// Makes the account and its first session, or neither: then somebody else has what must be theirs alone. Who needs a second factor sets
    /// it up before they are signed in.
    async fn begin(
        &self,
        (user, way): (&User, &NewWay),
        code: Option<&(CodeKey, String)>,
        request: &Incoming,
        context: &Context,
    ) -> Result<Option<Reply>, PageFailure> {
        let with = self.accompanying(user, way.store(user, context)?, code, context);
        let (policy, demand) = (Policy::of(&context.config, false), self.sign_in.demand(context));
        if let Some(first) = way.first_factor(user)
            && sign_in::next(policy, demand, Has::default(), false) == Next::SetUp
        {
            let mut batch = Batch::default();
            batch.extend(with.before);
            batch.extend(with.after);
            let made = batch.add(users::find_with_password(&user.id));
            // Nobody had the id before.
            return Ok(context.db.run(batch).await?.read(made)?.map(|_| {
                let shown = (user.id.as_str(), first.as_str());
                second_factor::after_first_factor(&self.sign_in, shown, false, context)
            }));
        }
        let (proven, shown) = way.shown(context.now);
        let who = SomebodyShown {
            user_id: user.id.clone(),
            proven,
            shown,
        };
        Ok(self.sign_in.begin_session(who, with, request, context).await?)
    }

    /// Says that the account was not made.
    async fn taken(&self, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
        // Somebody else may have used the link.
        Entrance::of(self.params, context).await?;
        Ok(self.page((400, Some(SignUpProblem::Taken)), typed, &[], context)?)
    }
}

/// Counts an attempt from the address, and makes sure that new names are compared with all others. How long to wait, where there
/// were too many.
async fn count(request: &Incoming, context: &Context) -> Result<Option<Lifetime>, PageFailure> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_sign_ups(&key, &request.address());
    Ok(folding::count_attempt(&counter, context).await?)
}
