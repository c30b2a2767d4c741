// Says how long it is until a deadline, beside the deadline itself. The printed time is the one that counts.
(() => {
  "use strict";
  const MINUTE = 60_000;
  const times = document.querySelectorAll("time[data-countdown]");

  const length = (minutes) => {
    const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
    const parts = [days && `${days}\u00a0d`, hours && `${hours}\u00a0h`, `${minutes % 60}\u00a0min`];
    return parts.filter(Boolean).join(" ").replace(/\u00a0d/, document.documentElement.lang === "fr" ? "\u00a0j" : "\u00a0d");
  };

  const show = () => times.forEach((time) => {
    const texts = time.closest("[data-in]").dataset;
    const minutes = Math.floor((Date.parse(time.dateTime) - Date.now()) / MINUTE);
    let said = time.nextElementSibling;
    if (!said) {
      said = document.createElement("span");
      said.className = "countdown";
      time.after(" ", said);
    }
    said.textContent = minutes < 0 ? texts.past : texts.in.replace("{time}", length(minutes));
  });

  show();
  setInterval(show, MINUTE / 2);
})();
