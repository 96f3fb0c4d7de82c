//! German.

use super::{
    CommonTexts, ConsentTexts, ErrorPageTexts, ErrorText, ErrorTexts, FormPostTexts, LoginTexts, Phrase, ScopeTexts,
    Texts,
};

pub(super) static TEXTS: Texts = Texts {
    common: CommonTexts {
        error_title: Phrase("Fehler: {}"),
        nameless_app: "Eine App ohne Namen",
        opens_new_tab: "(öffnet einen neuen Tab)",
    },
    login: LoginTexts {
        sign_in: "Anmelden",
        confirm: "Bestätigen Sie, dass Sie es sind",
        to_continue_to: "weiter zu",
        to_your_account: "Zu Ihrem Konto",
        your_account: "Ihr Konto",
        username: "Benutzername oder E-Mail",
        password: "Passwort",
        submit: "Anmelden",
        cancel: "Abbrechen",
        never_sees: Phrase("{} erfährt Ihr Passwort nicht."),
        wrong_credentials: "Benutzername und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.",
        missing: "Geben Sie Benutzername oder E-Mail und Passwort ein.",
        wait_a_minute: "Zu viele Versuche. Versuchen Sie es in einer Minute wieder.",
        wait_minutes: Phrase("Zu viele Versuche. Versuchen Sie es in {} Minuten wieder."),
        expired: "Diese Seite war zu lange offen. Bitte melden Sie sich noch einmal an.",
    },
    consent: ConsentTexts {
        heading: Phrase("{} bittet um Zugriff"),
        signed_in_as: "Angemeldet als",
        switch: "Nicht Sie? Anderes Konto verwenden",
        what_you_allow: "Was Sie erlauben",
        new: "Neu",
        already: "Was Sie früher erlaubt haben",
        destination: Phrase("Danach geht es zurück zu {}."),
        policy: "Datenschutz",
        tos: "Nutzungsbedingungen",
        approve: "Erlauben",
        deny: "Ablehnen",
    },
    scopes: ScopeTexts {
        openid: ("Wissen, wer Sie sind", "Eine feste Kennung Ihres Kontos."),
        profile: (
            "Ihr Profil sehen",
            "Name, Bild, Webseiten, Geschlecht, Geburtsdatum, Sprache und Zeitzone, soweit sie hier bekannt sind.",
        ),
        email: ("Ihre E-Mail-Adresse sehen", "Und ob sie bestätigt ist."),
        address: ("Ihre Postanschrift sehen", "Soweit sie hier bekannt ist."),
        phone: ("Ihre Telefonnummer sehen", "Und ob sie bestätigt ist."),
        offline_access: (
            "Angemeldet bleiben, wenn Sie nicht da sind",
            "Der Zugriff bleibt, nachdem Sie die App verlassen haben.",
        ),
        custom: ("Eine eigene Berechtigung nutzen", "Sie heißt:"),
    },
    form_post: FormPostTexts {
        heading: "Zurück zur App",
        destination: Phrase("Ihre Antwort geht an {}. Wenn nichts geschieht, drücken Sie den Knopf."),
        submit: "Weiter",
        nowhere: "Diese App hat keine Adresse, an die eine Antwort gehen könnte. Sagen Sie es denen, die sie machen.",
    },
    error_page: ErrorPageTexts {
        code: "Fehlercode",
        request_id: "Anfrage",
    },
    errors: ErrorTexts {
        not_found: ErrorText {
            title: "Hier ist keine Seite",
            what_happened: "Unter dieser Adresse gibt es nichts.",
            what_to_do: "Prüfen Sie die Adresse, oder gehen Sie zurück zur App, aus der Sie kommen.",
        },
        method_not_allowed: ErrorText {
            title: "So geht es nicht",
            what_happened: "Diese Seite ist auf dem Weg, den Ihr Browser genommen hat, nicht zu erreichen.",
            what_to_do: "Gehen Sie zurück zur App, aus der Sie kommen, und beginnen Sie von vorn.",
        },
        bad_request: ErrorText {
            title: "Die Anfrage der App stimmt nicht",
            what_happened: "Die App, die Sie hierher geschickt hat, stellte eine unverständliche Anfrage.",
            what_to_do: "Gehen Sie zurück und versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es denen, die die App \
                         machen.",
        },
        unknown_client: ErrorText {
            title: "Diese App ist hier nicht bekannt",
            what_happened: "Sie kommen von einer App, die nicht oder nicht mehr registriert ist.",
            what_to_do: "Sagen Sie es denen, die die App machen. Sie wurden nicht angemeldet.",
        },
        unregistered_redirect: ErrorText {
            title: "Diese App will Sie an einen unbekannten Ort schicken",
            what_happened: "Die Adresse, zu der Sie zurückkehren würden, hat diese App nicht registriert. Darum geht es hier nicht \
                            weiter.",
            what_to_do: "Machen Sie nicht weiter, wenn Sie aus einer Nachricht oder Werbung kommen. Sonst sagen Sie es denen, die \
                         die App machen.",
        },
        interaction_over: ErrorText {
            title: "Diese Anmeldung ist vorbei",
            what_happened: "Sie wurde in einem anderen Fenster beendet oder blieb zu lange liegen.",
            what_to_do: "Gehen Sie zurück zur App und melden Sie sich von dort aus an.",
        },
        foreign_form: ErrorText {
            title: "Bitte beginnen Sie von vorn",
            what_happened: "Ihr Browser hat das Cookie nicht gesendet, das dieses Formular schützt.",
            what_to_do: "Erlauben Sie Cookies für diese Seite, gehen Sie zurück zur App und melden Sie sich von dort aus an.",
        },
        old_form: ErrorText {
            title: "Bitte öffnen Sie die Seite noch einmal",
            what_happened: "Seit sie gezeigt wurde, hat sich in diesem Browser jemand an- oder abgemeldet. Es wurde nichts geändert.",
            what_to_do: "Öffnen Sie die Seite neu und wiederholen Sie, was Sie getan haben.",
        },
        too_many_requests: ErrorText {
            title: "Zu viele Anfragen",
            what_happened: "In kurzer Zeit kamen sehr viele Anfragen von Ihnen.",
            what_to_do: "Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
        },
        internal: ErrorText {
            title: "Etwas ist schiefgegangen",
            what_happened: "Das ist unser Fehler, nicht Ihrer. Er wurde festgehalten.",
            what_to_do: "Versuchen Sie es noch einmal. Geschieht es wieder, nennen Sie uns die Anfrage unten.",
        },
        unavailable: ErrorText {
            title: "Gerade nicht erreichbar",
            what_happened: "Die Anmeldung ist für einen Augenblick nicht erreichbar. Es geht nichts verloren.",
            what_to_do: "Warten Sie ein paar Sekunden und laden Sie die Seite dann neu.",
        },
    },
};
