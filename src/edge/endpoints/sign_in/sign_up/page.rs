//! The page with the form.

use super::{FORM, Newcomer};
use crate::{
    account::{passkey::Account, password, profile},
    config::{ProfileField, Terms, WantedField, Way},
    edge::{
        people::passkeys::{self, Asked},
        platform::{context::Context, random},
    },
    fault::Fault,
    pages::{FieldState, PasskeyRequest, SignUpPage, SignUpProblem, Typed},
    reply::Reply,
    routes::Endpoint,
};

impl Newcomer<'_> {
    pub(super) fn page(
        &self,
        (status, problem): (u16, Option<SignUpProblem>),
        typed: Typed<'_>,
        wrong: &[(ProfileField, profile::FieldProblem)],
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (sign_in, language) = (&self.sign_in, self.sign_in.language());
        let by_passkey = !sign_in.takes_passwords(context);
        let has_passkeys = by_passkey && context.config.sign_in.has(Way::Passkey);
        let nonce = random::id()?;
        let id = match typed.account {
            Some(id) => id.to_owned(),
            None => random::id()?,
        };
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
            value: self.params.text(wanted.field.as_str()).to_owned(),
            editable: true,
            problem: wrong
                .iter()
                .find(|(of, _)| *of == wanted.field)
                .map(|(_, wrong)| *wrong),
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
            domains: self.entrance.domains(context),
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
