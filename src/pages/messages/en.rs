//! English.

use super::{
    CommonTexts, ConsentTexts, ErrorPageTexts, ErrorText, ErrorTexts, FormPostTexts, LoginTexts, Phrase, ScopeTexts,
    Texts,
};

pub(super) static TEXTS: Texts = Texts {
    common: CommonTexts {
        error_title: Phrase("Error: {}"),
        nameless_app: "An app without a name",
        opens_new_tab: "(opens in a new tab)",
    },
    login: LoginTexts {
        sign_in: "Sign in",
        confirm: "Confirm it\u{2019}s you",
        to_continue_to: "to continue to",
        to_your_account: "To your account",
        your_account: "Your account",
        username: "Username or e-mail",
        password: "Password",
        submit: "Sign in",
        cancel: "Cancel",
        never_sees: Phrase("{} never sees your password."),
        wrong_credentials: "That username and password don\u{2019}t match. Check both and try again.",
        missing: "Enter your username or e-mail and your password.",
        wait_a_minute: "Too many attempts. Wait a minute, then try again.",
        wait_minutes: Phrase("Too many attempts. Wait {} minutes, then try again."),
        expired: "This page was open for too long. Please sign in again.",
    },
    consent: ConsentTexts {
        heading: Phrase("{} asks for access"),
        signed_in_as: "Signed in as",
        switch: "Not you? Use another account",
        what_you_allow: "What you allow",
        new: "New",
        already: "What you allowed earlier",
        destination: Phrase("You will then return to {}."),
        policy: "Privacy policy",
        tos: "Terms of service",
        approve: "Allow",
        deny: "Deny",
    },
    scopes: ScopeTexts {
        openid: ("Know who you are", "A stable identifier for your account."),
        profile: (
            "See your profile",
            "Name, picture, web pages, gender, birth date, language and time zone, as far as they are known here.",
        ),
        email: ("See your e-mail address", "And whether it is verified."),
        address: ("See your postal address", "As far as it is known here."),
        phone: ("See your phone number", "And whether it is verified."),
        offline_access: (
            "Stay signed in when you are not there",
            "It keeps this access after you have left it.",
        ),
        custom: ("Use a permission of its own", "It goes by this name:"),
    },
    form_post: FormPostTexts {
        heading: "Back to the app",
        destination: Phrase("Your answer goes to {}. If nothing happens, press the button."),
        submit: "Continue",
        nowhere: "This app has no address that an answer could be sent to. Tell the people who make it.",
    },
    error_page: ErrorPageTexts {
        code: "Error code",
        request_id: "Request",
    },
    errors: ErrorTexts {
        not_found: ErrorText {
            title: "No page here",
            what_happened: "There is nothing at this address.",
            what_to_do: "Check the address, or go back to the app you came from.",
        },
        method_not_allowed: ErrorText {
            title: "Not like this",
            what_happened: "This page cannot be reached in the way your browser tried.",
            what_to_do: "Go back to the app you came from and start again.",
        },
        bad_request: ErrorText {
            title: "The app\u{2019}s request is not right",
            what_happened: "The app that sent you here made a request that cannot be understood.",
            what_to_do: "Go back and try again. If it happens once more, tell the people who make the app.",
        },
        unknown_client: ErrorText {
            title: "This app is not known here",
            what_happened: "You were sent here by an app that is not registered, or no longer.",
            what_to_do: "Tell the people who make the app. You were not signed in.",
        },
        unregistered_redirect: ErrorText {
            title: "This app wants to send you somewhere unknown",
            what_happened: "The address you would return to is not one that this app registered, so you were stopped here.",
            what_to_do: "Do not go on if you came here from a message or an advertisement. Otherwise tell the people who make \
                         the app.",
        },
        interaction_over: ErrorText {
            title: "This sign-in is over",
            what_happened: "It was finished in another window, or left alone for too long.",
            what_to_do: "Go back to the app and sign in from there.",
        },
        foreign_form: ErrorText {
            title: "Please start again",
            what_happened: "Your browser did not send the cookie that protects this form.",
            what_to_do: "Allow cookies for this site, go back to the app and sign in from there.",
        },
        old_form: ErrorText {
            title: "Please open that page again",
            what_happened: "It was shown before somebody signed in or out in this browser, so nothing was changed.",
            what_to_do: "Open the page again and repeat what you did.",
        },
        too_many_requests: ErrorText {
            title: "Too many requests",
            what_happened: "A lot of requests came from you in a short time.",
            what_to_do: "Wait a minute, then try again.",
        },
        internal: ErrorText {
            title: "Something went wrong",
            what_happened: "This is our mistake, not yours. It has been written down.",
            what_to_do: "Try again. If it happens once more, tell us the request number below.",
        },
        unavailable: ErrorText {
            title: "Not available right now",
            what_happened: "Sign-in cannot be reached for a moment. Nothing is lost.",
            what_to_do: "Wait a few seconds, then load this page again.",
        },
    },
};
