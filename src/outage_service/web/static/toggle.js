// Lets the language toggle of a page that answers a form take along what was typed since. Without it the
// toggle takes what was sent.
(() => {
  "use strict";
  const NEVER_SHOWN = new Set(["csrf", "once", "password", "again", "go"]);
  const FILLS_IN = new Set(["fill", "begin"]);
  const toggle = document.querySelector("form.toggle");
  const place = (url) => new URL(url).pathname.replace(/\/(en|fr)\//, "/");

  toggle?.addEventListener("submit", () => {
    const written = [...document.querySelectorAll("main form")].find(
      (form) => place(form.action) === place(toggle.action),
    );
    if (!written) return;
    // Nobody types what is hidden: what was sent of it stands, so that the answer to it is the same once more.
    const sent = new Set([...toggle.querySelectorAll("input")].map((input) => input.name));
    const stands = new Set(
      [...written.querySelectorAll("input[type=hidden]")].map((input) => input.name).filter((name) => sent.has(name)),
    );
    const typed = [...new FormData(written)].filter(
      ([name, value]) => typeof value === "string" && !NEVER_SHOWN.has(name) && !stands.has(name),
    );
    toggle.querySelectorAll("input").forEach((input) => {
      if (stands.has(input.name)) return;
      if (!NEVER_SHOWN.has(input.name) && written.elements.namedItem(input.name)) input.remove();
      // What was typed must not be written over once more.
      if (input.name === "go" && FILLS_IN.has(input.value)) input.value = "resume";
    });
    for (const [name, value] of typed) {
      toggle.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
  });
})();
