// Keeps what stands in the form with the id "work", and locks a shared tablet that nobody uses. Pages work without it:
// the server decides when a tablet is locked, and the button "Lock" carries the form along.
"use strict";

(() => {
  const KEEP_EVERY = 3000;
  const TELL_EVERY = 20000;
  const work = document.getElementById("work");
  const lock = document.getElementById("lock");
  const idle = Number(document.body.dataset.lockSeconds || 0) * 1000;
  const token = document.querySelector("input[name=form]").value;
  const asked = new AbortController();
  let used = Date.now();
  let told = used;
  let kept = typed();
  let leaving = false;
  let asking = false;

  function typed() {
    return work ? new URLSearchParams(new FormData(work)).toString() : new URLSearchParams({ form: token }).toString();
  }

  async function keep() {
    const now = typed();
    const isNew = now !== kept;
    const isThere = lock !== null && used > told && Date.now() - told >= TELL_EVERY;
    if (leaving || asking || !(isNew || isThere)) return;
    asking = true;
    const begun = Date.now();
    try {
      const answer = await fetch("/staff/drafts", {
        method: "POST", body: new URLSearchParams(now), redirect: "manual", keepalive: true, signal: asked.signal,
      });
      if (answer.ok) {
        kept = now;
        told = begun;
      } else if (answer.type === "opaqueredirect") {
        leave();
      }
    } catch {
      // Away for a moment: it is tried again.
    } finally {
      asking = false;
    }
  }

  function leave() {
    if (leaving) return;
    leaving = true;
    document.body.replaceChildren();
    location.replace("/staff/unlock");
  }

  function lookUp() {
    if (lock === null || leaving || Date.now() - used < idle) return;
    document.body.classList.add("locked");
    lock.querySelector("button").click();
  }

  for (const kind of ["pointerdown", "keydown", "input", "scroll", "touchstart"]) {
    addEventListener(kind, () => { used = Date.now(); }, { passive: true, capture: true });
  }
  addEventListener("submit", () => {
    leaving = true;
    asked.abort();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  document.addEventListener("visibilitychange", () => {
    lookUp();
    keep();
  });
  setInterval(keep, KEEP_EVERY);
  setInterval(lookUp, 1000);
})();
