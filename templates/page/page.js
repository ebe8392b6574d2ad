"use strict";
(() => {
  const root = document.documentElement;
  const said = document.getElementById("said");
  const all = (selector) => [...document.querySelectorAll(selector)];

  // The two languages: CSS shows what has the root's own.
  const languages = all("button[data-lang]");
  const speak = (lang) => {
    root.lang = lang;
    document.title = said.getAttribute(`data-title-${lang}`);
    said.textContent = "";
    for (const picture of all("svg[role=img]")) {
      picture.setAttribute("aria-labelledby", `picture-${lang} picture-text-${lang}`);
    }
    for (const button of languages) button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
  };
  for (const button of languages) button.addEventListener("click", () => speak(button.dataset.lang));
  speak(root.lang);

  // Copying: exactly the text of the element, and what was done is said in the language shown.
  let done = 0;
  const tell = (what, button) => {
    said.textContent = said.getAttribute(`data-${what}-${root.lang}`);
    button.classList.toggle("done", what === "copied");
    clearTimeout(done);
    done = setTimeout(() => {
      said.textContent = "";
      for (const one of all(".copy.done")) one.classList.remove("done");
    }, 4000);
  };
  const copySelected = (code) => {
    const range = document.createRange();
    range.selectNodeContents(code);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    const exactly = (event) => {
      event.clipboardData.setData("text/plain", code.textContent);
      event.preventDefault();
    };
    document.addEventListener("copy", exactly);
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    } finally {
      document.removeEventListener("copy", exactly);
    }
  };
  const copy = async (code, button) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      tell("copied", button);
    } catch {
      tell(copySelected(code) ? "copied" : "selected", button);
    }
  };
  const blank = document.getElementById("copy").content.firstElementChild;
  for (const code of all("code[id]")) {
    const button = blank.cloneNode(true);
    const name = code.closest(".cmd, li, div").querySelector("p, .cap, dt");
    button.id = `copy-${code.id}`;
    name.id = `name-${code.id}`;
    button.setAttribute("aria-labelledby", `${button.id} ${name.id}`);
    button.addEventListener("click", () => copy(code, button));
    const block = code.closest("pre");
    if (block) block.before(button);
    else code.after(button);
  }

  // The contents: a link for each heading that follows them.
  const contents = document.querySelector("#contents ul");
  for (const section of all("#contents ~ section")) {
    const link = document.createElement("a");
    link.href = `#${section.id}`;
    link.append(...section.querySelector("h2").cloneNode(true).childNodes);
    const item = document.createElement("li");
    item.append(link);
    contents.append(item);
  }

  // Tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has them; without this script every way is shown.
  const tabs = all("[role=tab]");
  const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel(tab).hidden = tab !== chosen;
    }
  };
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: 0, End: 0 };
  for (const [index, tab] of tabs.entries()) {
    panel(tab).setAttribute("role", "tabpanel");
    panel(tab).setAttribute("aria-labelledby", tab.id);
    panel(tab).tabIndex = 0;
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      if (!(event.key in steps)) return;
      const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (index + steps[event.key] + tabs.length) % tabs.length;
      event.preventDefault();
      choose(tabs[next]);
      tabs[next].focus();
    });
  }
  const follow = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const tab = target && tabs.find((one) => panel(one).contains(target));
    if (!tab) return;
    choose(tab);
    target.scrollIntoView();
  };
  choose(tabs[0]);
  follow();
  addEventListener("hashchange", follow);

  // The region stands in the host and in the query of a link to the console, and in a few words and commands.
  const region = document.getElementById("region");
  region.replaceChildren(...region.dataset.regions.split(" ").map((one) => new Option(one, one, one === region.value, one === region.value)));
  const links = all("a[data-region-link]");
  region.addEventListener("change", () => {
    for (const link of links) {
      const url = new URL(link.href);
      const before = link.dataset.regionLink;
      if (url.hostname.startsWith(`${before}.`)) url.hostname = region.value + url.hostname.slice(before.length);
      url.searchParams.set("region", region.value);
      link.href = url.href;
      link.dataset.regionLink = region.value;
    }
    for (const word of all("[data-region]")) word.textContent = region.value;
  });

  // On paper everything is open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });

  for (const one of all("[data-script]")) one.hidden = false;
})();
