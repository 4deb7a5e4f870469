// What HTML and htmx leave to be done: the list under the search field, menus that close, copying, and trouble.

(() => {
  const field = document.getElementById("site-search");
  const list = document.getElementById("suggestions");
  let chosen = -1;

  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const isOpen = () => !list.hidden;

  function choose(index) {
    const all = options();
    chosen = index;
    all.forEach((option, n) => option.setAttribute("aria-selected", String(n === index)));
    if (all[index]) field.setAttribute("aria-activedescendant", all[index].id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(open) {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    choose(-1);
  }

  function move(step) {
    const count = options().length;
    if (!isOpen()) show(count > 0);
    if (count) choose(chosen < 0 && step < 0 ? count - 1 : (chosen + step + count) % count);
  }

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => show(false),
    Enter: () => window.location.assign(options()[chosen].dataset.href),
  };

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  show(false);

  field.addEventListener("keydown", (event) => {
    const wanted = event.key === "Enter" ? chosen >= 0 : event.key === "Escape" ? isOpen() : event.key in keys;
    if (wanted) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  field.addEventListener("blur", () => show(false));
  list.addEventListener("htmx:afterSwap", () => show(list.childElementCount > 0 && document.activeElement === field));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) window.location.assign(option.dataset.href);
  });
})();

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
  const trouble = document.getElementById("trouble");
  const say = (event, words) => {
    const saving = event.detail.requestConfig.verb === "post";
    trouble.textContent = saving ? `${words} Nothing was saved.` : words;
    // A rating that was not saved must not look as if it were.
    if (saving) event.target.closest("form")?.reset();
  };
  document.body.addEventListener("htmx:sendError", (event) => say(event, "There is no connection just now."));
  document.body.addEventListener("htmx:responseError", (event) => {
    const slowly = event.detail.xhr.status === 429;
    say(event, slowly ? "Slowly, please: try again in a minute." : "That did not work: try again in a moment.");
  });
  document.body.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) trouble.textContent = "";
  });
})();

// A page that is left before its worker is there, or a browser that wants none, is no trouble.
navigator.serviceWorker?.register("/offline.js").catch(() => {});
