//! French.

use super::{
    CommonTexts, ConsentTexts, ErrorPageTexts, ErrorText, ErrorTexts, FormPostTexts, LoginTexts, Phrase, ScopeTexts,
    Texts,
};

pub(super) static TEXTS: Texts = Texts {
    common: CommonTexts {
        error_title: Phrase("Erreur\u{a0}: {}"),
        nameless_app: "Une application sans nom",
        opens_new_tab: "(s’ouvre dans un nouvel onglet)",
    },
    login: LoginTexts {
        sign_in: "Se connecter",
        confirm: "Confirmez que c’est bien vous",
        to_continue_to: "pour continuer vers",
        to_your_account: "Vers votre compte",
        your_account: "Votre compte",
        username: "Nom d’utilisateur ou e-mail",
        password: "Mot de passe",
        submit: "Se connecter",
        cancel: "Annuler",
        never_sees: Phrase("{} ne voit jamais votre mot de passe."),
        wrong_credentials: "Ce nom d’utilisateur et ce mot de passe ne vont pas ensemble. Vérifiez les deux et réessayez.",
        missing: "Saisissez votre nom d’utilisateur ou e-mail et votre mot de passe.",
        wait_a_minute: "Trop de tentatives. Attendez une minute, puis réessayez.",
        wait_minutes: Phrase("Trop de tentatives. Attendez {} minutes, puis réessayez."),
        expired: "Cette page est restée ouverte trop longtemps. Veuillez vous connecter à nouveau.",
    },
    consent: ConsentTexts {
        heading: Phrase("{} demande un accès"),
        signed_in_as: "Vous êtes connecté en tant que",
        switch: "Pas vous\u{202f}? Utiliser un autre compte",
        what_you_allow: "Ce que vous autorisez",
        new: "Nouveau",
        already: "Ce que vous avez déjà autorisé",
        destination: Phrase("Vous retournerez ensuite vers {}."),
        policy: "Confidentialité",
        tos: "Conditions d’utilisation",
        approve: "Autoriser",
        deny: "Refuser",
    },
    scopes: ScopeTexts {
        openid: ("Savoir qui vous êtes", "Un identifiant stable de votre compte."),
        profile: (
            "Voir votre profil",
            "Nom, photo, pages web, genre, date de naissance, langue et fuseau horaire, s’ils sont connus ici.",
        ),
        email: ("Voir votre adresse e-mail", "Et si elle est vérifiée."),
        address: ("Voir votre adresse postale", "Si elle est connue ici."),
        phone: ("Voir votre numéro de téléphone", "Et s’il est vérifié."),
        offline_access: (
            "Rester connectée en votre absence",
            "L’application garde cet accès après votre départ.",
        ),
        custom: ("Utiliser une autorisation qui lui est propre", "Elle s’appelle\u{a0}:"),
    },
    form_post: FormPostTexts {
        heading: "Retour à l’application",
        destination: Phrase("Votre réponse est envoyée à {}. Si rien ne se passe, appuyez sur le bouton."),
        submit: "Continuer",
        nowhere: "Cette application n’a pas d’adresse à laquelle envoyer une réponse. Prévenez ceux qui la font.",
    },
    error_page: ErrorPageTexts {
        code: "Code d’erreur",
        request_id: "Requête",
    },
    errors: ErrorTexts {
        not_found: ErrorText {
            title: "Aucune page ici",
            what_happened: "Il n’y a rien à cette adresse.",
            what_to_do: "Vérifiez l’adresse, ou retournez à l’application d’où vous venez.",
        },
        method_not_allowed: ErrorText {
            title: "Pas de cette façon",
            what_happened: "Cette page ne peut pas être atteinte comme votre navigateur a essayé de le faire.",
            what_to_do: "Retournez à l’application d’où vous venez et recommencez.",
        },
        bad_request: ErrorText {
            title: "La demande de l’application est incorrecte",
            what_happened: "L’application qui vous a envoyé ici a fait une demande incompréhensible.",
            what_to_do: "Revenez en arrière et réessayez. Si cela se reproduit, prévenez ceux qui font l’application.",
        },
        unknown_client: ErrorText {
            title: "Cette application n’est pas connue ici",
            what_happened: "Vous venez d’une application qui n’est pas enregistrée, ou ne l’est plus.",
            what_to_do: "Prévenez ceux qui font l’application. Vous n’avez pas été connecté.",
        },
        unregistered_redirect: ErrorText {
            title: "Cette application veut vous envoyer vers un lieu inconnu",
            what_happened: "L’adresse de retour n’est pas une de celles que cette application a enregistrées. On vous a donc arrêté ici.",
            what_to_do: "N’allez pas plus loin si vous venez d’un message ou d’une publicité. Sinon, prévenez ceux qui font \
                         l’application.",
        },
        interaction_over: ErrorText {
            title: "Cette connexion est terminée",
            what_happened: "Elle a été achevée dans une autre fenêtre, ou est restée trop longtemps sans suite.",
            what_to_do: "Retournez à l’application et connectez-vous depuis là.",
        },
        foreign_form: ErrorText {
            title: "Veuillez recommencer",
            what_happened: "Votre navigateur n’a pas envoyé le cookie qui protège ce formulaire.",
            what_to_do: "Autorisez les cookies pour ce site, retournez à l’application et connectez-vous depuis là.",
        },
        old_form: ErrorText {
            title: "Veuillez rouvrir cette page",
            what_happened: "Depuis qu’elle a été affichée, quelqu’un s’est connecté ou déconnecté dans ce navigateur. Rien n’a été changé.",
            what_to_do: "Rouvrez la page et recommencez.",
        },
        too_many_requests: ErrorText {
            title: "Trop de requêtes",
            what_happened: "Beaucoup de requêtes sont venues de vous en peu de temps.",
            what_to_do: "Attendez une minute, puis réessayez.",
        },
        internal: ErrorText {
            title: "Quelque chose s’est mal passé",
            what_happened: "C’est notre erreur, pas la vôtre. Elle a été notée.",
            what_to_do: "Réessayez. Si cela se reproduit, indiquez-nous la requête ci-dessous.",
        },
        unavailable: ErrorText {
            title: "Indisponible pour le moment",
            what_happened: "La connexion est inaccessible pour un instant. Rien n’est perdu.",
            what_to_do: "Attendez quelques secondes, puis rechargez cette page.",
        },
    },
};
