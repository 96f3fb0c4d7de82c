//! `/signup`: where operators let them, people make accounts for themselves (Initiating User Registration via OpenID Connect
//! 1.0): anybody, whoever has an invitation, or whoever reads mails at an address of the operator's domains.

mod code;

use crate::{
    account::{
        email,
        invitation::{InvitationId, Shown},
        passkey::{Account, Challenge, New},
        password, profile,
        sign_in::{self, Has, Next, Policy},
        sign_up::{Address, NewAccount, Wrong},
        throttle,
    },
    config::{ProfileField, SignUpPolicy, Terms, WantedField, Way},
    db::{
        Batch,
        credentials::{self, Answered, Owner},
        invitations::{self, Invitation, NewInvitation},
        mail_outbox, passwords,
        sessions::Shown as SignedInBy,
        users,
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            field_problem, folding, mail_code,
            new_password::{self, problem_of},
            new_session::SomebodyShown,
            passkeys::{self, Asked},
            second_factor,
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{Facts, Kind, NewMail, link_secret},
    oidc::{params::Params, proven::Proven},
    pages::{AddressState, FieldState, PasskeyRequest, SignUpAddressPage, SignUpPage, SignUpProblem, Typed},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["signup"];

/// How somebody comes to the page.
enum Entrance {
    /// As everybody may.
    Open,
    /// By a link. Its text comes back with the form.
    Invited {
        link: String,
        shown: Shown,
        invitation: Box<Invitation>,
    },
    /// They tell an address first, and a link goes there.
    ByAddress,
    /// Nobody may.
    Closed,
}

impl Entrance {
    async fn of(params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let link = params.text("invitation");
        match context.config.sign_up.policy {
            _ if !link.is_empty() => {
                let shown = Shown::read(link, &context.config.roots).ok_or(Problem::InvitationOver)?;
                let found = context.db.read(invitations::find(&shown, context.now)).await?;
                // The first person comes in however the door is set.
                let is_open = |found: &Invitation| context.config.sign_up.policy != SignUpPolicy::Off || found.first;
                let invitation = Box::new(found.filter(is_open).ok_or(Problem::InvitationOver)?);
                Ok(Self::Invited {
                    link: link.to_owned(),
                    shown,
                    invitation,
                })
            }
            SignUpPolicy::Open => Ok(Self::Open),
            SignUpPolicy::Domains => Ok(Self::ByAddress),
            SignUpPolicy::Off | SignUpPolicy::Invitation => Ok(Self::Closed),
        }
    }

    /// The address that the account has, whatever is typed, and whether it is verified.
    fn address(&self) -> Option<(&str, bool)> {
        match self {
            Self::Invited { invitation, .. } => {
                let address = invitation.email.as_deref()?;
                Some((address, invitation.email_verified))
            }
            _ => None,
        }
    }

    fn id(&self) -> Option<&InvitationId> {
        match self {
            Self::Invited { invitation, .. } => Some(&invitation.id),
            _ => None,
        }
    }

    fn link(&self) -> Option<&str> {
        match self {
            Self::Invited { link, .. } => Some(link),
            _ => None,
        }
    }
}

/// Somebody at the page.
struct Newcomer<'a> {
    sign_in: SignInRequest,
    entrance: Entrance,
    params: &'a Params,
}

/// `GET /signup`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let entrance = Entrance::of(&params, context).await?;
    if matches!(entrance, Entrance::Closed) {
        // Who has an account signs in.
        return Ok(Reply::see_other(match request.query.as_str() {
            "" => Endpoint::Login.path().to_owned(),
            query => format!("{}?{query}", Endpoint::Login.path()),
        }));
    }
    let mut sign_in = SignInRequest::receive(request, &params, context).await?;
    let cookie = sign_in.browser.settle(context)?;
    let newcomer = Newcomer {
        sign_in,
        entrance,
        params: &params,
    };
    let hint = newcomer.sign_in.destination.login_hint();
    let typed = match hint.contains('@') {
        true => Typed {
            email: hint,
            ..Typed::default()
        },
        false => Typed {
            username: hint,
            ..Typed::default()
        },
    };
    let typed = Typed {
        code_sent: newcomer.confirms(context).then_some(false),
        ..typed
    };
    let page = match newcomer.entrance {
        Entrance::ByAddress => newcomer.address_page(200, typed.email, AddressState::Asked, context),
        _ => newcomer.page((200, None), typed, &[], context)?,
    };
    Ok(page.with_cookie(cookie))
}

/// `POST /signup`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let entrance = Entrance::of(&params, context).await?;
    if matches!(entrance, Entrance::Closed) {
        return Err(Problem::NotFound.into());
    }
    let sign_in = SignInRequest::submitting(request, &params, FORM, context).await?;
    if let Some(reply) = sign_in.turned_down(&params, context).await? {
        return Ok(reply);
    }
    let newcomer = Newcomer {
        sign_in,
        entrance,
        params: &params,
    };
    match newcomer.entrance {
        Entrance::ByAddress => newcomer.send_link(request, context).await,
        _ => newcomer.make_account(request, context).await,
    }
}

/// How somebody will sign in.
enum NewWay {
    Passkey(Box<New>, Challenge),
    Password(String),
    /// By codes, of which one has shown that they can.
    Mail,
}

impl Newcomer<'_> {
    /// Whether a code must show that the person reads the mails of their address: where mails are sent, and no link has shown it.
    fn confirms(&self, context: &Context) -> bool {
        context.config.mail.is_some() && !self.entrance.address().is_some_and(|(_, verified)| verified)
    }

    async fn make_account(&self, request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
        let field = |name: &str| self.params.text(name);
        let (typed_email, username) = (field("email").trim(), field("username").trim());
        let (address, verified) = self.entrance.address().unwrap_or((typed_email, false));
        let typed = Typed {
            email: address,
            username,
            // One that was sent to another address than what the form says now is none.
            code_sent: self.confirms(context).then(|| {
                let to = field("code_sent");
                !to.is_empty() && email::fold(to) == email::fold(address)
            }),
        };
        if let Some(wait) = count(request, context).await? {
            let minutes = wait.minutes_begun();
            let problem = Some(SignUpProblem::TooManyAttempts { minutes });
            return Ok(self.page((429, problem), typed, &[], context)?.retried_after(wait));
        }
        let refuse = |problem| Ok(self.page((400, Some(problem)), typed, &[], context)?);
        let by_passkey = !self.sign_in.takes_passwords(context);
        let by_mail = self.sign_in.takes_mail_codes_alone(context) && field("passkey").is_empty();
        // A passkey was made for the account that the page had an id for.
        let id = match by_passkey && !by_mail {
            true => field("account").to_owned(),
            false => random::id()?,
        };
        let address = Address {
            text: address,
            verified,
        };
        let wanted = &context.config.sign_up.fields;
        let user = match NewAccount::parse(address, username, wanted, &field) {
            Ok(account) => account.into_user(id, random::bytes()?, context.now),
            Err(Wrong::Email) => return refuse(SignUpProblem::Email),
            Err(Wrong::Username) => return refuse(SignUpProblem::Username),
            Err(Wrong::Fields(wrong)) => {
                return Ok(self.page((400, Some(SignUpProblem::Fields)), typed, &wrong, context)?);
            }
        };
        let terms = context.config.sign_up.terms.as_ref();
        if terms.is_some_and(|terms| !terms.are_accepted(field("terms"), field("terms_version"))) {
            return refuse(SignUpProblem::Terms);
        }
        if typed.code_sent == Some(false) || typed.code_sent.is_some() && !field("again").is_empty() {
            return self.ask_for_code(&user, typed, request, context).await;
        }
        // What they will sign in with is looked at before the code, of which there are few tries.
        let way = if by_mail {
            NewWay::Mail
        } else if by_passkey {
            let (asked, browser) = (Asked::SignUp(&user.id), &self.sign_in.browser);
            match passkeys::read_new(field("passkey"), browser, &asked, context) {
                Ok((new, challenge)) => NewWay::Passkey(Box::new(new), challenge),
                Err(refused) => return refuse(SignUpProblem::Passkey(passkeys::problem_of(refused))),
            }
        } else {
            match new_password::read(field("password"), &user, context).await {
                Ok(password) => NewWay::Password(new_password::hash(&password)?),
                Err(unfit) => return refuse(SignUpProblem::Password(problem_of(unfit))),
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
        // The account and its first session, or neither.
        let (way_in, proven, shown);
        match &way {
            NewWay::Passkey(new, challenge) => {
                let counter = passkeys::counter(&user.id, context);
                let answer = Answered {
                    challenge,
                    counter: &counter,
                };
                let (insert, answered) = credentials::add_passkey(new, None, &Owner::Is(&user), &answer, context.now);
                way_in = Some(vec![insert.into(), answered]);
                proven = Proven::passkey(new.passkey.backup_eligible, context.now);
                shown = SignedInBy::JustNow;
            }
            NewWay::Mail => {
                way_in = None;
                proven = Proven::mail_code(context.now);
                shown = SignedInBy::JustNow;
            }
            NewWay::Password(hash) => {
                let set = passwords::set(&Owner::Is(&user), &random::id()?, hash, context.now);
                way_in = Some(vec![set.into()]);
                proven = Proven::password(context.now);
                shown = SignedInBy::Password(hash);
            }
        }
        let with = self.accompanying(&user, way_in, code.as_ref(), context);
        let (policy, demand) = (Policy::of(&context.config, false), self.sign_in.demand(context));
        let first = match &way {
            NewWay::Passkey(..) => None,
            NewWay::Password(hash) => Some(hash.clone()),
            NewWay::Mail => user.confirmed_email().map(second_factor::proof_of_mail),
        };
        if let Some(first) = first
            && sign_in::next(policy, demand, Has::default(), false) == Next::SetUp
        {
            // They set up a second factor before they are signed in.
            let mut batch = Batch::default();
            batch.extend(with.before);
            batch.extend(with.after);
            let made = batch.add(users::find_with_password(&user.id));
            // Nobody had the id before.
            return match context.db.run(batch).await?.read(made)? {
                Some(_) => {
                    let shown = (user.id.as_str(), first.as_str());
                    Ok(second_factor::after_password(&self.sign_in, shown, false, context))
                }
                None => self.taken(typed, context).await,
            };
        }
        let who = SomebodyShown {
            user_id: user.id.clone(),
            proven,
            shown,
        };
        let signed_in = self.sign_in.begin_session(who, with, request, context).await?;
        match signed_in {
            Some(reply) => Ok(reply),
            None => self.taken(typed, context).await,
        }
    }

    /// Says that the account was not made.
    async fn taken(&self, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
        // Somebody else may have used the link.
        Entrance::of(self.params, context).await?;
        Ok(self.page((400, Some(SignUpProblem::Taken)), typed, &[], context)?)
    }

    /// Sends a link to an address of one of the domains. Whether somebody has an account there is not looked up: the page behind the
    /// link says so to whoever reads the mail.
    async fn send_link(&self, request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
        let typed = self.params.text("email").trim();
        let page = |status, state| self.address_page(status, typed, state, context);
        let Ok(address) = email::parse(typed) else {
            return Ok(page(400, AddressState::Wrong));
        };
        if !context.config.sign_up.takes(&address) {
            return Ok(page(400, AddressState::Elsewhere));
        }
        if let Some(wait) = mail_code::count(&email::fold(&address), mail_code::NOTHING, request, context).await? {
            let minutes = wait.minutes_begun();
            return Ok(page(429, AddressState::TooMany { minutes }).retried_after(wait));
        }
        self.write_mail(&address, context).await?;
        outbox::send_later(context);
        Ok(page(200, AddressState::Sent))
    }

    async fn write_mail(&self, address: &str, context: &Context) -> Result<(), Fault> {
        let Some(settings) = &context.config.mail else {
            return Ok(());
        };
        let (roots, mail_id) = (&context.config.roots, random::id()?);
        let mail = NewMail {
            id: &mail_id,
            user_id: None,
            kind: Kind::SignUp,
            address,
            language: self.sign_in.language().tag(),
            facts: Facts {
                account: address.to_owned(),
                detail: None,
            },
            root: roots.current_version(),
        };
        let hash = link_secret(&mail_id, mail.root, roots)
            .and_then(|secret| secret.hash(roots, Purpose::SetUpLink))
            .ok_or_else(|| Fault::new("sign-up", "no root key"))?;
        let new = NewInvitation {
            id: &InvitationId {
                expires_at: context.now + Kind::SignUp.lifetime(),
                random: mail_id.clone(),
            },
            hash: &hash,
            email: Some(address),
            email_verified: true,
            first: false,
            note: None,
        };
        let mut batch = Batch::default();
        batch.push(mail_outbox::write(&mail, settings.daily_limit, context.now));
        batch.push(invitations::insert_with_mail(&new, &mail_id, context.now));
        context.db.run(batch).await?;
        Ok(())
    }

    fn address_page(&self, status: u16, email: &str, state: AddressState, context: &Context) -> Reply {
        let language = self.sign_in.language();
        let purpose = self.sign_in.purpose(language);
        let html = SignUpAddressPage {
            language,
            purpose: purpose.field(),
            sign_in: &self.sign_in.address_of(Endpoint::Login),
            csrf: &self.sign_in.browser.csrf(FORM, context),
            email,
            domains: &context.config.sign_up.domains,
            state,
        }
        .to_html();
        Reply::page(status, html, self.sign_in.page_policy(None))
    }

    fn page(
        &self,
        (status, problem): (u16, Option<SignUpProblem>),
        typed: Typed<'_>,
        wrong: &[(ProfileField, profile::Wrong)],
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (sign_in, language) = (&self.sign_in, self.sign_in.language());
        let by_passkey = !sign_in.takes_passwords(context);
        let has_passkeys = by_passkey && context.config.sign_in.has(Way::Passkey);
        let (id, nonce) = (random::id()?, random::id()?);
        let options = match has_passkeys {
            true => {
                // The script fills in the name that is typed.
                let nobody = Account {
                    id: &id,
                    username: "",
                    display_name: "",
                };
                passkeys::ask_for_new(&sign_in.browser, &Asked::SignUp(&id), &nobody, &[], context)?
            }
            false => String::new(),
        };
        let state = |wanted: &WantedField| FieldState {
            value: self.params.text(wanted.field.name()).to_owned(),
            editable: true,
            problem: wrong
                .iter()
                .find(|(of, _)| *of == wanted.field)
                .map(|(_, wrong)| field_problem::of(*wrong)),
        };
        let fixed = self.entrance.address().map(|(address, _)| address);
        let terms = context.config.sign_up.terms.as_ref();
        let html = SignUpPage {
            language,
            purpose: sign_in.purpose(language),
            sign_in: &sign_in.address_of(Endpoint::Login),
            csrf: &sign_in.browser.csrf(FORM, context),
            typed: Typed {
                email: fixed.unwrap_or(typed.email),
                ..typed
            },
            fields: context
                .config
                .sign_up
                .fields
                .iter()
                .map(|wanted| (*wanted, state(wanted)))
                .collect(),
            by_mail: sign_in.takes_mail_codes_alone(context),
            invitation: self.entrance.link(),
            is_email_fixed: fixed.is_some(),
            terms: terms.map(Terms::shown),
            are_terms_accepted: terms
                .is_some_and(|terms| terms.are_accepted(self.params.text("terms"), self.params.text("terms_version"))),
            nonce: &nonce,
            shortest_password: password::SHORTEST,
            has_password: !by_passkey,
            passkey: has_passkeys.then_some((
                PasskeyRequest {
                    options: &options,
                    nonce: &nonce,
                },
                id.as_str(),
            )),
            problem,
        }
        .to_html();
        let policy = sign_in.page_policy(Some(nonce.clone()));
        Ok(Reply::page(status, html, policy))
    }
}

/// Counts an attempt from the address, and makes sure that new names are compared with all others. How long to wait, where there
/// were too many.
async fn count(request: &Incoming, context: &Context) -> Result<Option<Lifetime>, PageFailure> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_sign_ups(&key, &request.address());
    Ok(folding::count_attempt(&counter, context).await?)
}
