//! Who comes to the console: a person with a role, who has shown a second factor or a passkey.

use super::{
    account_access::{self, AccountRequest, SignedInBrowser},
    operator,
};
use crate::{
    admin::{
        api_key::KeyScope,
        operator::{Operator, OperatorPerson},
        operator_role::OperatorRoles,
    },
    audit::Actor,
    config::Way,
    db::{Handle, operators},
    edge::{
        clients::registration::RegisteringParty,
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
    oidc::{client::self_service::RegisteredBy, params::Params, proven::Strength},
    pages::{
        Csp, Moment,
        console::{ConsoleFrame, ConsoleNotice, OncePage, SECTIONS},
        content_security_policy,
    },
    reply::Reply,
    routes::{Call, Endpoint, Method, SignInPage},
    time::UnixTime,
};

/// A request for a page of the console, whose session is not looked up yet.
struct ConsoleRequest {
    account_request: AccountRequest,
    operator: Handle<Option<OperatorPerson>>,
    page: SignInPage,
}

/// A browser in which an operator is signed in.
pub struct Console {
    pub signed_in: SignedInBrowser,
    pub operator: Operator,
    /// What they may do.
    pub roles: OperatorRoles,
    /// The parts of the console that they may see.
    sections: Vec<Endpoint>,
    /// The page, as a sign-in leads to it.
    page: SignInPage,
    /// Whether they have signed in within ten minutes, as changes ask for.
    pub signed_in_just_now: bool,
    now: UnixTime,
}

impl ConsoleRequest {
    /// Somebody on their way in.
    ///
    /// # Errors
    /// Without a session: an answer that leads to the sign-in page, and back. 404 where there is no console.
    fn at(request: &Incoming, context: &Context) -> Result<Self, PageFailure> {
        let can_be_strong = context.config.has_codes() || context.config.sign_in.has(Way::Passkey);
        let page = SignInPage::parse(request.path.trim_start_matches('/'));
        let page = page.filter(|_| context.config.console && can_be_strong);
        let page = page.ok_or(Problem::NotFound)?;
        let mut account_request = AccountRequest::at_page(page.clone(), request, context)?;
        let operator = operators::find_of_session(&account_request.session_hash);
        Ok(Self {
            operator: account_request.batch.add(operator),
            account_request,
            page,
        })
    }

    /// Lets them in. Nothing is asked of D1 beside the session and the role: a cookie that somebody made up must cost little.
    /// From here on what they do is written down under their id.
    ///
    /// # Errors
    /// 403 to somebody without a role; an answer that leads to the second factor, and back, where none was shown.
    async fn enter(self, context: &Context) -> Result<Console, PageFailure> {
        let (signed_in, rows) = self.account_request.enter(context).await?;
        let operator = rows.read(self.operator)?;
        let operator = operator.filter(|operator| !operator.roles.is_empty());
        let operator = operator.ok_or(Problem::NotForYou)?;
        let proven = &signed_in.session.authentication.proven;
        if proven.strength() < Strength::TwoFactors {
            let reply = Reply::see_other(self.page.at(Endpoint::SecondFactor));
            return Err(PageFailure::Reply(Box::new(reply)));
        }
        let mut console = Console {
            sections: Vec::new(),
            signed_in_just_now: proven.is_fresh(context.now),
            roles: operator.roles.clone(),
            operator: Operator::Person(operator),
            page: self.page,
            now: context.now,
            signed_in,
        };
        console.sections = SECTIONS.into_iter().filter(|section| console.sees(*section)).collect();
        console.operator.note(context);
        Ok(console)
    }
}

impl Console {
    /// Lets in an operator who may make all of `calls`, to look at a page.
    ///
    /// # Errors
    /// An answer that leads to the sign-in page or to the second factor, and back; 403 to somebody who may not; 404 where there is no
    /// console.
    pub async fn open(request: &Incoming, calls: &[Call], context: &Context) -> Result<Self, PageFailure> {
        let console = ConsoleRequest::at(request, context)?.enter(context).await?;
        for call in calls {
            console.require(*call, context)?;
        }
        Ok(console)
    }

    /// Takes a form, which Limen showed to this browser under this very sign-in, of somebody who signed in just now.
    ///
    /// # Errors
    /// As [`Console::open`]; a page for a form that is not of that kind; an answer that leads to the sign-in page, and back,
    /// where the sign-in is not of just now.
    pub async fn submit(request: &mut Incoming, context: &Context) -> Result<(Self, Params), PageFailure> {
        let form = account_access::sent_form(request, context).await?;
        let console = Self::open(request, &[], context).await?;
        match console.signed_in_just_now {
            true => Ok((console, form)),
            false => Err(PageFailure::Reply(Box::new(Reply::see_other(console.confirm())))),
        }
    }

    /// The operator as who registers and changes apps.
    pub fn registering_party(&self) -> RegisteringParty<'_> {
        RegisteringParty {
            by: RegisteredBy::Operator,
            operator: Some(&self.operator),
            is_told_token: false,
        }
    }

    /// The path of the page.
    pub fn path(&self) -> &str {
        &self.page.path
    }

    /// Where the operator signs in once more, and comes back from.
    pub fn confirm(&self) -> String {
        self.page.at(Endpoint::Login)
    }

    /// Whether they may see anything in that part of the console.
    pub fn sees(&self, section: Endpoint) -> bool {
        let of_system = &[
            Endpoint::AdminKeys,
            Endpoint::AdminApiKeys,
            Endpoint::AdminOperators,
            Endpoint::AdminSettings,
        ];
        let calls: &[Endpoint] = match section {
            Endpoint::ConsolePeople => &[Endpoint::AdminUsers],
            Endpoint::ConsoleGroups => &[Endpoint::AdminGroups],
            Endpoint::ConsoleApps => &[Endpoint::AdminClients],
            Endpoint::ConsoleApis => &[Endpoint::AdminApis],
            Endpoint::ConsoleAudit => &[Endpoint::AdminAudit],
            Endpoint::ConsoleMail => &[Endpoint::AdminMails],
            Endpoint::ConsoleWebhooks => &[Endpoint::AdminWebhooks],
            Endpoint::ConsoleSystem => of_system,
            _ => return true,
        };
        calls.iter().any(|call| self.may((*call, Method::Get)))
    }

    /// Where they confirm who they are, if they have to before they make one of these calls.
    pub fn confirm_for(&self, calls: &[Call]) -> Option<String> {
        let changes = calls.iter().any(|call| self.may(*call));
        (changes && !self.signed_in_just_now).then(|| self.confirm())
    }

    /// Whether the operator may do what that call of the admin API does.
    pub fn may(&self, (endpoint, method): Call) -> bool {
        self.operator.may(KeyScope::needed(endpoint.path(), method)).is_ok()
    }

    /// The same, and who may not is written down.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, call: Call, context: &Context) -> Result<(), PageFailure> {
        if self.may(call) {
            return Ok(());
        }
        operator::record(Actor::Operator, KeyScope::needed(call.0.path(), call.1), context);
        Err(Problem::NotForYou.into())
    }

    /// What the pages of the console share.
    pub fn frame(&self, section: Endpoint) -> ConsoleFrame<'_> {
        ConsoleFrame {
            language: self.signed_in.language,
            section,
            operator: self.signed_in.user().display_name(),
            csrf: self.signed_in.csrf(),
            nonce: self.signed_in.nonce(),
            notice: self.signed_in.notice_name().and_then(ConsoleNotice::parse),
            sections: &self.sections,
        }
    }

    /// A time as pages show it.
    pub fn moment(&self, at: UnixTime) -> Moment {
        Moment::new(at, self.now, self.signed_in.language)
    }

    /// An answer with a page of the console, which has no script.
    pub fn page(&self, status: u16, html: String) -> Reply {
        Reply::page(status, html, content_security_policy(Csp::default()))
    }

    /// An answer with a page of what is shown once, which has the script that copies it.
    pub fn once(&self, page: &OncePage<'_>) -> Reply {
        self.signed_in.page(200, page.to_html())
    }

    /// An answer that leads to the page, which tells what was done.
    pub fn done(&self, notice: ConsoleNotice, context: &Context) -> Reply {
        self.signed_in.done_at(&self.page.path, notice.as_str(), context)
    }
}
