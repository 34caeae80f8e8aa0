// Asks now and then for the page that is open, and shows in it what has changed: how far something
// is. Without scripts a link on the page does the same.
const part = "data-follow-part";
const everySecond = 60; // then more seldom
const mostFailures = 5;
let asked = 0;
let failures = 0;

function show(fresh) {
  for (const old of document.querySelectorAll(`[${part}]`)) {
    const now = fresh.querySelector(`[${part}="${old.getAttribute(part)}"]`);
    if (!now) {
      old.remove();
    } else if (now.textContent !== old.textContent) {
      old.textContent = now.textContent;
      if (old instanceof HTMLProgressElement) old.value = now.value;
    }
  }
}

async function ask() {
  try {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    if (answer.redirected) return window.location.replace(answer.url);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !fresh.querySelector("[data-follow]")) return window.location.reload();
    show(fresh);
    failures = 0;
  } catch {
    failures += 1;
  }
  asked += 1;
  if (failures < mostFailures) setTimeout(ask, asked < everySecond ? 1000 : 5000);
}

setTimeout(ask, 1000);
