// What scripts add to pages: a button that shows what was typed as a password, one that copies what is shown once, and the names of time
// zones. Without them nothing is lost.
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

  document.querySelectorAll("[data-copy]").forEach(function (box) {
    if (!navigator.clipboard) return;
    var button = document.createElement("button");
    var told = document.createElement("span");
    var label = box.closest("div, details").querySelector("dt, summary");
    button.type = "button";
    button.className = "copy";
    button.textContent = box.getAttribute("data-copy");
    // Which of several it copies.
    button.setAttribute("aria-label", button.textContent + ": " + label.textContent);
    told.className = "quiet";
    told.setAttribute("role", "status");
    button.addEventListener("click", function () {
      told.textContent = "";
      navigator.clipboard.writeText(box.querySelector("code").textContent).then(function () {
        told.textContent = " " + box.getAttribute("data-copied");
      });
    });
    if (box.tagName === "PRE") box.after(button, told);
    else box.append(button, told);
  });

  var zones = document.getElementById("zones");
  if (zones && Intl.supportedValuesOf) {
    Intl.supportedValuesOf("timeZone").forEach(function (name) {
      zones.appendChild(document.createElement("option")).value = name;
    });
  }
})();
