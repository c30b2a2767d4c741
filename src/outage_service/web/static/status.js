// Keeps the first page true: asks now and then whether it has changed, and says so politely.
// Without it the page is the same, and a reader reloads it.
(() => {
  "use strict";
  const EVERY = 30_000;
  const MISSES_ALLOWED = 1;
  const OLD = 60_000;
  const live = document.getElementById("live");
  const announcement = document.getElementById("announcement");
  const offline = document.getElementById("offline");
  let etag = "";
  let misses = 0;
  let checkedAt = Date.now();

  const showHints = () => live.querySelectorAll(".for-scripts").forEach((hint) => { hint.hidden = false; });

  const addressOf = (link) => link.getAttribute("href");
  // Several links lead to one outage: the card it stands in and its words tell them apart.
  const nameOf = (link) => [link.closest("article, li")?.querySelector("h3")?.textContent, addressOf(link), link.textContent].join("\n");

  // Replaces everything; the keyboard and the screen reader stay where they were, or begin again at the top.
  const replace = (found) => {
    const focused = live.contains(document.activeElement) ? document.activeElement : null;
    const [name, address] = focused ? [nameOf(focused), addressOf(focused)] : [];
    live.replaceChildren(...found.childNodes);
    if (!focused) return;
    const links = [...live.querySelectorAll("a")];
    const successor = links.find((link) => nameOf(link) === name) ?? links.find((link) => addressOf(link) === address);
    const heading = live.querySelector("h1");
    heading.tabIndex = -1;
    (successor ?? heading).focus({ preventScroll: Boolean(successor) });
  };

  const show = (html) => {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("live");
    if (!found) throw new Error("no page");
    if (found.dataset.version === live.dataset.version) {
      // Nothing new but the time: what somebody is reading stays as it is.
      const [now, before] = [found.querySelector("#as-of"), live.querySelector("#as-of")];
      if (now && before) before.replaceWith(now);
    } else {
      live.dataset.version = found.dataset.version;
      replace(found);
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
      checkedAt = Date.now();
    } catch {
      misses += 1;
    }
    // After a sleep or a while in the background the first miss counts: what is shown may be hours old.
    const isOld = Date.now() - checkedAt > OLD;
    offline.hidden = misses === 0 || (misses <= MISSES_ALLOWED && !isOld);
  };

  showHints();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
