// @ts-check
import { send } from '../api.js';
import { html, useState } from '../html.js';

/** @param {{onDone: () => void}} props */
export function Login({ onDone }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  const logIn = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await send('POST', 'login', { token: token.trim() });
      onDone();
    } catch (reason) {
      setError(reason.message);
      setBusy(false);
    }
  };
  return html`<main id="main" class="login">
    <form class="card" onSubmit=${logIn}>
      <h1><img src="icon.svg" alt="" width="28" height="28" /> Streamcluster</h1>
      <label>
        Token
        <input
          type="password"
          autocomplete="current-password"
          value=${token}
          onInput=${(event) => setToken(event.target.value)}
          aria-describedby="login-help"
          required
        />
      </label>
      <p id="login-help" class="note">
        Of the Secret that the chart’s <code>console.auth</code> names.
      </p>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <button type="submit" class="primary" disabled=${isBusy || token.trim() === ''}>
        Log in
      </button>
    </form>
  </main>`;
}
