// Gives an operator's text back after Back, a reload or the other language: browsers make such a page anew, for
// nothing of the console may be stored. The tab keeps what was typed until it is closed, for
// whoever typed it: the next to sign in there must not send it as their own.
(() => {
  "use strict";
  const areas = [...document.querySelectorAll("main .act-form textarea")];
  if (!areas.length) return;
  // Several pages in a row have one address: each is known by the text that it was made with.
  const made = areas.map((area) => area.defaultValue).join("\u0000");
  const user = areas[0].form.querySelector("input[name^=user-]").name;
  const key = `draft:${user}:${location.pathname.replace(/\/(en|fr)\//, "/")}:${made}`;
  const hidden = ["version", "sequence"]
    .map((name) => areas[0].form.querySelector(`input[type=hidden][name=${name}]`))
    .filter(Boolean);
  // Whoever typed it has not seen what another has sent since: the service tells them.
  const fields = [...areas, ...hidden];
  let isMoving = false;

  const kept = () => {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null; // the browser keeps nothing
    }
  };

  const draft = kept();
  const isNew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (draft && (draft.isMoving || !isNew)) {
    fields.forEach((field) => {
      // On a slow network somebody may have typed before this came: that stands.
      if (areas.includes(field) && field.value !== field.defaultValue) return;
      field.value = draft.typed[field.name] ?? field.value;
    });
  }

  document.querySelector(".toggle a")?.addEventListener("click", () => {
    isMoving = true;
  });
  const keep = () => {
    const typed = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    try {
      sessionStorage.setItem(key, JSON.stringify({ typed, isMoving }));
    } catch {
      // as above
    }
  };
  // Firefox fills in the texts of a tab that is opened once more, whose page was never left: what they were
  // written on goes along.
  areas[0].form.addEventListener("input", keep);
  addEventListener("pagehide", keep);
})();
