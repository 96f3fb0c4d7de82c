// Asks the browser for passkeys (Web Authentication Level 3). A form that takes one says so in data-passkey: "get" to sign in,
// "create" for a new one. What the browser is asked stands in data-options, as JSON. The answer goes into the form's field "passkey",
// and the form is sent. A form with data-conditional also lets the browser offer passkeys in the username field of the page; one with
// data-silently lets it make one of the password that was just used.
(function () {
  "use strict";

  if (!window.PublicKeyCredential || !navigator.credentials) {
    // Where there is no other way, the page says why nothing is there.
    document.querySelectorAll("[data-unsupported]").forEach(function (message) {
      message.hidden = false;
    });
    return;
  }

  var waiting = null;

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      // Another button, such as that to cancel.
      if (event.submitter && event.submitter.name !== "") return;
      event.preventDefault();
      ask(form);
    });
    if (form.hasAttribute("data-conditional")) offer(form);
    if (form.hasAttribute("data-silently")) makeSilently(form);
  });

  // Tells Limen that this browser can have a passkey of its own, so that it is worth while to offer one.
  document.querySelectorAll("input[name=can_have_passkey]").forEach(function (input) {
    PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().then(function (can) {
      input.value = can ? "yes" : "";
    }, ignore);
  });

  function offer(form) {
    if (!PublicKeyCredential.isConditionalMediationAvailable) return;
    PublicKeyCredential.isConditionalMediationAvailable().then(function (can) {
      if (!can || waiting) return;
      var mine = (waiting = new AbortController());
      get(form, { mediation: "conditional", signal: mine.signal }).catch(ignore);
    }, ignore);
  }

  // Where the browser makes passkeys of passwords that were just used (conditional create), it does so without a question. Where it does
  // not, the person is asked by the page.
  function makeSilently(form) {
    if (!PublicKeyCredential.getClientCapabilities) return;
    PublicKeyCredential.getClientCapabilities().then(function (can) {
      if (!can.conditionalCreate || waiting) return;
      waiting = new AbortController();
      var publicKey = options(form, "data-silently");
      publicKey.authenticatorSelection.userVerification = "preferred";
      var request = { publicKey: publicKey, mediation: "conditional", signal: waiting.signal };
      navigator.credentials.create(request).then(function (credential) {
        form.querySelector("input[name=silently]").value = "yes";
        sendNew(form, credential);
      }, ignore);
    }, ignore);
  }

  function ask(form) {
    // A browser answers one question at a time.
    if (waiting) waiting.abort();
    waiting = new AbortController();
    var message = form.querySelector("[data-failed]");
    message.hidden = true;
    var silently = form.querySelector("input[name=silently]");
    if (silently) silently.value = "";
    var asked = form.getAttribute("data-passkey") === "create" ? create(form) : get(form, {});
    asked.catch(function (error) {
      // The authenticator has one of these already: Limen says so by itself.
      var known = error.name === "InvalidStateError" && message.getAttribute("data-known");
      message.textContent = known || message.getAttribute("data-failed");
      message.hidden = false;
      if (form.hasAttribute("data-conditional")) {
        waiting = null;
        offer(form);
      }
    });
  }

  function get(form, request) {
    request.publicKey = options(form);
    return navigator.credentials.get(request).then(function (credential) {
      var response = credential.response;
      send(form, credential, {
        clientDataJSON: encode(response.clientDataJSON),
        authenticatorData: encode(response.authenticatorData),
        signature: encode(response.signature),
        userHandle: response.userHandle ? encode(response.userHandle) : null,
      });
    });
  }

  function create(form) {
    var publicKey = options(form);
    var named = form.querySelector("input[autocomplete=username]");
    if (named) publicKey.user.name = publicKey.user.displayName = named.value;
    return navigator.credentials.create({ publicKey: publicKey }).then(function (credential) {
      sendNew(form, credential);
    });
  }

  function sendNew(form, credential) {
    var response = credential.response;
    send(form, credential, {
      clientDataJSON: encode(response.clientDataJSON),
      attestationObject: encode(response.attestationObject),
      transports: response.getTransports ? response.getTransports() : [],
    });
  }

  function send(form, credential, response) {
    var answer = form.querySelector("input[name=passkey]");
    answer.value = JSON.stringify({ rawId: encode(credential.rawId), type: credential.type, response: response });
    form.submit();
  }

  // The JSON forms of section 5.1, with bytes in the place of texts.
  function options(form, attribute) {
    var asked = JSON.parse(form.getAttribute(attribute || "data-options"));
    asked.challenge = decode(asked.challenge);
    if (asked.user) asked.user.id = decode(asked.user.id);
    (asked.excludeCredentials || []).forEach(function (known) {
      known.id = decode(known.id);
    });
    return asked;
  }

  function decode(text) {
    var binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, function (letter) {
      return letter.charCodeAt(0);
    });
  }

  function encode(buffer) {
    var binary = Array.from(new Uint8Array(buffer), function (byte) {
      return String.fromCharCode(byte);
    }).join("");
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function ignore() {}
})();
