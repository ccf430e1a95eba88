// Comfort only: every page works without this file. It takes the focus to what a full page load left
// behind, and keeps an impatient second press from sending a form twice (the server would notice too).

const summary = document.querySelector("[data-error-summary], [data-focus]");
if (summary) {
  summary.focus();
}

// A link of the error summary focuses the field itself, so that typing can start at once.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-error-summary] a");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (field) {
    event.preventDefault();
    field.focus();
    (field.closest(".field") ?? field).scrollIntoView({ block: "nearest" });
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// Coming back with the browser's own button shows the page as it was left: let it be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});
