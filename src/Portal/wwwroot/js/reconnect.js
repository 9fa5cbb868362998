// Shows that the connection is lost, and comes back by itself. Blazor raises the event; the words are in the page.
const modal = document.getElementById("components-reconnect-modal");

async function again() {
  document.removeEventListener("visibilitychange", onVisible);
  try {
    // true: back. false: the server answers but has let go of this page. It throws when there is no server.
    if (!(await Blazor.reconnect()) && !(await Blazor.resumeCircuit())) {
      location.reload();
    } else {
      modal.close();
    }
  } catch {
    document.addEventListener("visibilitychange", onVisible);
  }
}

async function resume() {
  try {
    if (!(await Blazor.resumeCircuit())) {
      location.reload();
    }
  } catch {
    modal.classList.replace("components-reconnect-paused", "components-reconnect-resume-failed");
  }
}

function onVisible() {
  if (document.visibilityState === "visible") {
    again();
  }
}

modal.addEventListener("components-reconnect-state-changed", (e) => {
  switch (e.detail.state) {
    case "show":
      if (!modal.open) modal.showModal();
      break;
    case "hide":
      modal.close();
      break;
    case "failed":
      document.addEventListener("visibilitychange", onVisible);
      break;
    case "rejected":
      location.reload();
      break;
  }
});

modal.addEventListener("cancel", (e) => e.preventDefault());
document.getElementById("components-reconnect-button").addEventListener("click", again);
document.getElementById("components-resume-button").addEventListener("click", resume);
