//! Somebody at the pages of their account: signed in, or sent to sign in first.

use super::{
    context::Context,
    db::{
        Rows, Statement,
        sessions::{self, Session},
    },
    failure::PageFailure,
    fault::Fault,
    request::Incoming,
    visitor::Visitor,
};
use crate::{
    pages::{Csp, Language, account::Frame, content_security_policy},
    reply::Reply,
    routes::{self, Endpoint},
    secret::Hash,
};

/// Somebody who is signed in.
pub struct Resident {
    pub session: Session,
    pub language: Language,
}

impl Resident {
    /// Lets somebody in to `page` with what `load` asks D1 for, in one round trip. What is loaded for a session that turns out
    /// to be over is dropped.
    ///
    /// # Errors
    /// An answer that sends whoever is not signed in to do so, and back to `page` then.
    pub async fn enter<const N: usize>(
        page: Endpoint,
        request: &Incoming,
        context: &Context,
        load: impl FnOnce(&Hash) -> [Statement; N],
    ) -> Result<(Self, [Rows; N]), PageFailure> {
        let mut visitor = Visitor::of(request, context);
        let language = visitor.language(request.query_params().ok().as_ref());
        let Some(hash) = visitor.session_hash.clone() else {
            return Err(sign_in(page, &mut visitor, context)?);
        };
        let lifetimes = &context.config.lifetimes;
        let mut statements = vec![
            sessions::find(Some(&hash), lifetimes, context.now),
            sessions::touch(Some(&hash), lifetimes, context.now),
        ];
        statements.extend(load(&hash));
        let mut rows = context.db.batch_all(statements).await?;
        let loaded = rows.split_off(2);
        let session = rows.first().map(sessions::read).transpose()?.flatten();
        let Some(session) = session else {
            return Err(sign_in(page, &mut visitor, context)?);
        };
        let loaded = loaded
            .try_into()
            .map_err(|_| Fault::new("D1", "as many results as statements were expected"))?;
        let resident = Self { session, language };
        Ok((resident, loaded))
    }

    /// What the pages of the account share.
    pub fn frame(&self, page: Endpoint) -> Frame<'_> {
        Frame {
            language: self.language,
            page,
            person: self.session.user.display_name(),
        }
    }

    /// An answer with a page of the account.
    pub fn page(&self, status: u16, html: String) -> Reply {
        Reply::page(status, html, content_security_policy(Csp::default()))
    }
}

fn sign_in(page: Endpoint, visitor: &mut Visitor, context: &Context) -> Result<PageFailure, Fault> {
    let name = routes::account_page_name(page);
    let reply = Reply::see_other(format!("{}?page={name}", Endpoint::Login.path()));
    let reply = match visitor.settle(context)? {
        Some(cookie) => reply.with_cookie(cookie),
        None => reply,
    };
    Ok(PageFailure::Reply(Box::new(reply)))
}
