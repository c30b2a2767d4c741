// Keeps the first page true: asks now and then whether it has changed, and says so politely.
// Without it the page is the same, and a reader reloads it.
(() => {
  "use strict";
  const EVERY = 30_000;
  const MISSES_ALLOWED = 1;
  const live = document.getElementById("live");
  const announcement = document.getElementById("announcement");
  const offline = document.getElementById("offline");
  let etag = "";
  let misses = 0;

  const showHints = () => live.querySelectorAll(".for-scripts").forEach((hint) => { hint.hidden = false; });

  const show = (html) => {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("live");
    if (!found) throw new Error("no page");
    if (found.dataset.version === live.dataset.version) {
      // Nothing new but the time: what somebody is reading stays as it is.
      const [now, before] = [found.querySelector("#as-of"), live.querySelector("#as-of")];
      if (now && before) before.replaceWith(now);
    } else {
      live.dataset.version = found.dataset.version;
      live.replaceChildren(...found.childNodes);
      announcement.textContent = live.dataset.changed;
    }
    showHints();
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(location.pathname, { headers, cache: "no-store", signal: AbortSignal.timeout(EVERY / 2) });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        show(await answer.text());
      } else if (answer.status !== 304) {
        throw new Error("no answer");
      }
      misses = 0;
    } catch {
      misses += 1;
    }
    offline.hidden = misses <= MISSES_ALLOWED;
  };

  showHints();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
