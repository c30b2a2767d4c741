// Says beside the minutes what they make of it, while they are typed. The service decides, with or without this.
(() => {
  "use strict";
  const outcomeOf = (field) => {
    const behind = Number(field.value.trim().replace(",", "."));
    if (!field.value.trim() || Number.isNaN(behind)) return null;
    const limit = Number(field.dataset.threshold);
    return behind > limit || (field.dataset.inclusive === "true" && behind === limit) ? "outage" : "delay";
  };

  document.querySelectorAll("[data-threshold]").forEach((field) => {
    const row = field.closest(".system-row");
    const place = row.querySelector(".system-outcome");
    const condition = row.querySelector("select[name^='condition_']");
    const show = () => {
      const outcome = condition.value === "delay" ? outcomeOf(field) : null;
      place.textContent = outcome ? place.dataset[outcome] : "";
    };
    field.addEventListener("input", () => {
      // Whoever says how far behind speaks of a delay; the figure may still make an outage of it.
      if (field.value.trim()) condition.value = "delay";
      show();
    });
    condition.addEventListener("change", show);
    place.setAttribute("aria-live", "polite");
    show();
  });
})();
