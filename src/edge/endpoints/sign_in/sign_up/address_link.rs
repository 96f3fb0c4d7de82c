//! Where accounts are for addresses of certain domains: somebody tells theirs, and a link goes there.

use super::{FORM, Newcomer};
use crate::{
    account::{email, invitation::InvitationId},
    db::{
        Batch,
        invitations::{self, NewInvitation},
        mail_outbox,
    },
    edge::{
        http::{failure::PageFailure, request::Incoming},
        mail::outbox,
        people::mail_code,
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{Facts, Kind, NewMail, link_secret},
    pages::{AddressState, SignUpAddressPage},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

impl Newcomer<'_> {
    /// Sends a link to an address of one of the domains. Whether somebody has an account there is not looked up: the page behind the
    /// link says so to whoever reads the mail.
    pub(super) async fn send_link(&self, request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
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

    pub(super) fn address_page(&self, status: u16, email: &str, state: AddressState, context: &Context) -> Reply {
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
}
