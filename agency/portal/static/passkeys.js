// Passkeys: asks the server what to sign, lets the browser sign it, and sends the answer as an ordinary form.
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list || []).map((entry) => ({ ...entry, id: toBytes(entry.id) }));

// What went wrong, by the browser's name for it, and the form's attribute that says it in the reader's language.
const FAILED = { InvalidStateError: "sayKnown", NotAllowedError: "sayNothing", SecurityError: "sayForbidden" };

async function options(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-Form-Token": form.elements.form_token.value },
  });
  if (answer.redirected) {
    location.assign(answer.url); // the server wants something else first, such as a recent proof
    return null;
  }
  if (!answer.ok) throw new Error(form.dataset.sayOld);
  return answer.json();
}

async function create(given) {
  const publicKey = {
    ...given,
    challenge: toBytes(given.challenge),
    user: { ...given.user, id: toBytes(given.user.id) },
    excludeCredentials: known(given.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return answerOf(made, { attestationObject: toText(made.response.attestationObject) });
}

async function get(given) {
  const publicKey = { ...given, challenge: toBytes(given.challenge), allowCredentials: known(given.allowCredentials) };
  const used = await navigator.credentials.get({ publicKey });
  return answerOf(used, {
    authenticatorData: toText(used.response.authenticatorData),
    signature: toText(used.response.signature),
  });
}

function answerOf(credential, more) {
  const response = { clientDataJSON: toText(credential.response.clientDataJSON), ...more };
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

async function prove(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  const button = form.querySelector("[data-passkey-button]");
  problem.hidden = button.disabled = true;
  try {
    const given = await options(form);
    if (!given) return;
    const answer = form.dataset.passkey === "create" ? await create(given) : await get(given);
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    problem.textContent = form.dataset[FAILED[error.name]] || error.message;
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue; // the page says so already
  form.querySelector("[data-passkey-missing]").hidden = true;
  form.querySelector("[data-passkey-button]").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    prove(form);
  });
}
