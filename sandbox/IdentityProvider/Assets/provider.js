// Fills the forms of the sandbox's sign-in pages. Without it everything still works by typing.
'use strict';

for (const person of document.querySelectorAll('button.person')) {
  person.addEventListener('click', () => {
    document.getElementById('user-name').value = person.dataset.userName;
    document.getElementById('password').value = person.dataset.password;
    for (const other of document.querySelectorAll('button.person')) {
      other.setAttribute('aria-pressed', String(other === person));
    }
    document.querySelector('button.primary').focus();
  });
}

const shown = document.querySelector('[data-code-url]');
if (shown) {
  const digits = document.getElementById('current-code');
  const seconds = document.getElementById('seconds');
  const current = shown.querySelector('.current');
  const used = shown.querySelector('.used');
  let due = Date.now() + Number(shown.dataset.seconds) * 1000;

  document.getElementById('use-code').addEventListener('click', () => {
    document.getElementById('code').value = digits.textContent.trim();
    document.querySelector('button.primary').focus();
  });

  const refresh = async () => {
    due = Date.now() + 2000;
    const response = await fetch(shown.dataset.codeUrl, { cache: 'no-store' });
    if (!response.ok) return;
    const next = await response.json();
    due = Date.now() + next.secondsLeft * 1000;
    current.hidden = !next.code;
    used.hidden = Boolean(next.code);
    digits.textContent = next.code ?? '';
  };

  setInterval(() => {
    const left = Math.ceil((due - Date.now()) / 1000);
    if (left > 0) seconds.textContent = String(left);
    else refresh().catch(() => { /* the provider is away for a moment; it is asked again in two seconds */ });
  }, 250);
}
