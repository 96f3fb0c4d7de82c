// What scripts add to pages: a button that shows what was typed as a password, and the names of time zones. Without them nothing is
// lost.
(function () {
  "use strict";

  document.querySelectorAll("input[type=password][data-show]").forEach(function (input) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "show";
    button.textContent = input.getAttribute("data-show");
    button.setAttribute("aria-controls", input.id);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      show(input.type === "password");
    });
    // Browsers keep passwords of password fields alone.
    input.form.addEventListener("submit", function () {
      show(false);
    });
    input.insertAdjacentElement("afterend", button);

    function show(shown) {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    }
  });

  var zones = document.getElementById("zones");
  if (zones && Intl.supportedValuesOf) {
    Intl.supportedValuesOf("timeZone").forEach(function (name) {
      zones.appendChild(document.createElement("option")).value = name;
    });
  }
})();
