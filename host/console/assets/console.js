// Follows a plan that is being carried out. Without this script its page loads itself again.
"use strict";
for (const run of document.querySelectorAll("[data-progress]")) {
  const bar = run.querySelector("progress");
  const counts = run.querySelector("[data-counts]");
  const source = new EventSource(run.dataset.progress);
  source.onmessage = (message) => {
    const now = JSON.parse(message.data);
    bar.max = now.count;
    bar.value = now.count - now.left;
    counts.textContent = `${now.done} done, ${now.failed} failed or unknown, ${now.other} left alone, ` +
      `${now.left} to go`;
    if (now.over) {
      source.close();
      location.reload();
    }
  };
}
