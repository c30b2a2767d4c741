// Keeps a page of the console true: asks now and then whether `#live` has changed, and counts down to the
// next bulletin. Without it the page is the same, and a reader reloads it.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live) return;
  const EVERY = 1000 * Number(live.dataset.every);
  const MISSES_ALLOWED = 1;
  // A page that answers a form has an address that only takes forms.
  const address = live.dataset.address ?? location.href;
  const announcement = document.getElementById("announcement");
  const offline = document.getElementById("offline");
  let etag = live.dataset.etag;
  let misses = 0;
  // The desk's clock may be wrong; the service's counts.
  const ahead = Date.parse(live.dataset.asOf) - Date.now();

  const left = (due) => {
    const seconds = Math.floor((Date.parse(due) - Date.now() - ahead) / 1000);
    const [whole, words] = seconds < 0 ? [-seconds, live.dataset.late] : [seconds, live.dataset.in];
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    const clock = hours ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(rest)} s`;
    return words.replace("{time}", clock.replaceAll(" ", "\u00a0"));
  };

  const count = () => live.querySelectorAll("[data-due]").forEach((place) => {
    const text = left(place.dataset.due);
    if (place.textContent !== text) place.textContent = text;
  });

  const show = (html) => {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("live");
    if (!found) throw new Error("no page");
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    live.replaceChildren(...found.childNodes);
    if (focused) document.getElementById(focused)?.focus();
    announcement.textContent = live.dataset.changed;
    count();
  };

  const isWriting = () => [...document.querySelectorAll("main textarea")].some((each) => each.value.trim());

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(address, {
        headers: { "If-None-Match": etag, "Outage-Poll": "1" },
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(EVERY),
      });
      if (answer.type === "opaqueredirect") {
        if (!isWriting()) return void location.reload(); // the session has ended
        throw new Error("no session"); // signing in keeps what is being written, once it is sent
      }
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

  count();
  setInterval(count, 1000);
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
