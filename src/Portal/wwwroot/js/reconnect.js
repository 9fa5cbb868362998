// Shows that the connection is lost, and comes back by itself. Blazor raises the event; the words are in the page.
import { keep, restore } from "./keep.js";

const modal = document.getElementById("components-reconnect-modal");
const againAfterMs = 10000;
let next = 0;

async function again() {
  clearTimeout(next);
  document.removeEventListener("visibilitychange", onVisible);
  try {
    // true: back. false: the server answers but has let go of this page. It throws when there is no server.
    if (!(await Blazor.reconnect()) && !(await Blazor.resumeCircuit())) {
      location.reload();
    } else {
      back();
    }
  } catch {
    waitAndTry();
  }
}

// Blazor gives up after some minutes; the page does not.
function waitAndTry() {
  document.addEventListener("visibilitychange", onVisible);
  clearTimeout(next);
  next = setTimeout(again, againAfterMs);
}

async function resume() {
  try {
    if (!(await Blazor.resumeCircuit())) {
      location.reload();
    } else {
      back();
    }
  } catch {
    modal.classList.replace("components-reconnect-paused", "components-reconnect-resume-failed");
    waitAndTry();
  }
}

// A page that was resumed is drawn anew, with empty forms; on one that reconnected everything is as it was.
function back() {
  modal.close();
  restore();
}

function onVisible() {
  if (document.visibilityState === "visible") {
    again();
  }
}

modal.addEventListener("components-reconnect-state-changed", (e) => {
  switch (e.detail.state) {
    case "show":
      keep();
      if (!modal.open) modal.showModal();
      break;
    case "hide":
      clearTimeout(next);
      back();
      break;
    case "failed":
      waitAndTry();
      break;
    case "rejected":
      location.reload();
      break;
  }
});

modal.addEventListener("cancel", (e) => e.preventDefault());
document.getElementById("components-reconnect-button").addEventListener("click", again);
document.getElementById("components-resume-button").addEventListener("click", resume);
restore();
