/** Sends the token once, in a header: an address would stay in the browser's history and in logs. */
const form = document.getElementById("login");
const field = document.getElementById("token");
const answer = document.getElementById("login-answer");

const REASONS = {
  401: "Wrong token.",
  429: "Too many wrong tokens: wait a minute.",
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  answer.textContent = "";
  try {
    const { ok, status } = await fetch("/login", {
      method: "POST",
      headers: { authorization: `Bearer ${field.value}` },
    });
    if (ok) location.reload();
    else answer.textContent = REASONS[status] ?? `The dashboard answered ${status}.`;
  } catch {
    // A header takes Latin letters alone, and so does a token that was sent to us before.
    answer.textContent =
      "The dashboard does not respond, or the token contains invalid characters.";
  }
});
