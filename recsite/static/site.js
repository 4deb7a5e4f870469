// Search suggestions: a combobox whose options htmx loads.

(() => {
  const field = document.getElementById("site-search");
  const list = document.getElementById("suggestions");
  let selected = -1;

  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const isOpen = () => !list.hidden;

  function select(index) {
    const all = options();
    selected = index;
    all.forEach((option, n) => option.setAttribute("aria-selected", String(n === index)));
    if (all[index]) field.setAttribute("aria-activedescendant", all[index].id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(open) {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    select(-1);
  }

  function move(step) {
    const count = options().length;
    if (!isOpen()) show(count > 0);
    if (count) select(selected < 0 && step < 0 ? count - 1 : (selected + step + count) % count);
  }

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => show(false),
    Enter: () => window.location.assign(options()[selected].dataset.href),
  };

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  show(false);

  field.addEventListener("keydown", (event) => {
    const handled = event.key === "Enter" ? selected >= 0 : event.key === "Escape" ? isOpen() : event.key in keys;
    if (handled) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  field.addEventListener("blur", () => show(false));
  list.addEventListener("htmx:afterSwap", () => show(list.childElementCount > 0 && document.activeElement === field));
  // Keeps the focus, and so the list, until the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) window.location.assign(option.dataset.href);
  });
})();

// Menus close on Escape and on a click elsewhere.

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  button.hidden = !navigator.clipboard;
  source.addEventListener("focus", () => source.select());
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value);
    document.getElementById("announcer").textContent = button.textContent = "Copied";
  });
}

(() => {
  const alert = document.getElementById("trouble");

  function report(event, message) {
    const saving = event.detail.requestConfig.verb === "post";
    alert.textContent = saving ? `${message} Nothing was saved.` : message;
    // A rating that was not saved must not look saved.
    if (saving) event.target.closest("form")?.reset();
  }

  document.body.addEventListener("htmx:sendError", (event) => report(event, "You're offline."));
  document.body.addEventListener("htmx:responseError", (event) => {
    const throttled = event.detail.xhr.status === 429;
    report(event, throttled ? "Too many requests. Try again in a minute." : "That didn't work. Try again in a moment.");
  });
  document.body.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) alert.textContent = "";
  });
})();

navigator.serviceWorker?.register(document.currentScript.dataset.worker).catch(() => {});
