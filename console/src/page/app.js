// @ts-check
// The page: who looks, which cluster, which of its pages.
import { get, onRefused, send } from './api.js';
import { ago } from './format.js';
import { html, render, useCallback, useEffect, useState } from './html.js';
import { useConnection, useTopic } from './live.js';
import { useClock } from './parts/basics.js';
import { Help, useKeys } from './parts/keys.js';
import { ClusterPage } from './pages/cluster.js';
import { Login } from './pages/login.js';
import { Overview } from './pages/overview.js';
import { StreamPage } from './pages/stream.js';
import { WorkerPage } from './pages/worker.js';
import { hrefOf } from './routes.js';
import { useRoute } from './use-route.js';

const RETRY_MS = 2_000;
const PATIENCE_MS = 2_500;

function App() {
  const [session, setSession] = useState(undefined);
  const ask = useCallback(async () => {
    try {
      setSession(await get('session'));
    } catch {
      setTimeout(ask, RETRY_MS);
    }
  }, []);
  useEffect(() => {
    onRefused(ask);
    void ask();
  }, []);
  if (session === undefined) return html`<p class="boot" role="status">Asking the operator …</p>`;
  if (session.role === null) return html`<${Login} onDone=${ask} />`;
  return html`<${Shell} session=${session} onLogout=${ask} />`;
}

/** @param {{session: any, onLogout: () => void}} props */
function Shell({ session, onLogout }) {
  const clusters = useTopic('clusters');
  const route = useRoute();
  const [isHelp, setHelp] = useState(false);
  useKeys({ onHelp: () => setHelp((is) => !is) });
  const all = [...clusters.items.values()];
  const cluster = route.cluster ?? all[0];
  useEffect(() => {
    const what = route.stream ?? route.worker ?? cluster?.name;
    document.title = what === undefined ? 'Streamcluster' : `${what} – Streamcluster`;
    scrollTo(0, 0);
  }, [location.hash]);
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${Bar} ...${{ session, onLogout, all, cluster, route, onHelp: () => setHelp(true) }} />
    <${Stale} />
    ${
      cluster === undefined
        ? html`<main id="main" class="alone">
            <p class="empty">
              ${clusters.isKnown ? 'There is no StreamCluster yet. Apply one, and it is shown here.' : 'Loading …'}
            </p>
          </main>`
        : html`<${Page}
            key=${location.hash}
            route=${route}
            cluster=${cluster}
            session=${session}
          />`
    }
    ${isHelp && html`<${Help} onClose=${() => setHelp(false)} />`}`;
}

/** Says from when everything is, where the operator does not answer. */
function Stale() {
  const { isConnected, heardAtMs } = useConnection();
  const [lostAtMs, setLostAtMs] = useState(Date.now());
  useEffect(() => setLostAtMs(Date.now()), [isConnected]);
  // An operator that is replaced is away for a moment.
  const isStale = useClock(1_000) - lostAtMs > PATIENCE_MS && !isConnected;
  useEffect(() => document.body.classList.toggle('stale', isStale), [isStale]);
  if (!isStale) return null;
  const at = new Date(heardAtMs).toLocaleTimeString();
  const since =
    heardAtMs === 0 ? 'Nothing is known yet.' : `What you see is from ${at}, ${ago(heardAtMs)}.`;
  return html`<p class="stale-note" role="alert">
    The operator does not answer. <span>${since}</span> Who publishes and watches goes on without
    it.
  </p>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  const main = document.getElementById('main');
  main?.setAttribute('tabindex', '-1');
  main?.focus();
}

/** @param {{route: import('./routes.js').Route, cluster: any, session: any}} props */
function Page({ route, cluster, session }) {
  const { page, stream, worker } = route;
  if (page === 'overview') return html`<${Overview} ...${{ cluster, session }} />`;
  if (page === 'cluster') return html`<${ClusterPage} ...${{ cluster, session }} />`;
  if (page === 'stream') return html`<${StreamPage} ...${{ cluster, stream, session }} />`;
  if (page === 'worker') return html`<${WorkerPage} ...${{ cluster, worker, session }} />`;
  return html`<main id="main" class="alone">
    <p class="empty">There is no such page. <a href="#/">Go to the overview.</a></p>
  </main>`;
}

/** @param {{session: any, onLogout: () => void, all: any[], cluster: any, route: any, onHelp: () => void}} props */
function Bar({ session, onLogout, all, cluster, route, onHelp }) {
  const { isConnected } = useConnection();
  const [theme, setTheme] = useState(window.theme.name);
  const logOut = async () => {
    await send('POST', 'logout');
    onLogout();
  };
  const link = (page, href, text) =>
    html`<a href=${href} aria-current=${route.page === page ? 'page' : undefined}>${text}</a>`;
  return html`<header class="bar">
    <a class="brand" href="#/"><img src="icon.svg" alt="" width="22" height="22" />Streamcluster</a>
    ${
      all.length > 1 &&
      html`<label class="choose"
        ><span class="hidden">StreamCluster</span>
        <select
          value=${cluster && hrefOf(cluster, 'overview')}
          onChange=${(event) => (location.hash = event.target.value)}
        >
          ${all.map((one) => html`<option value=${hrefOf(one, 'overview')}>${one.namespace}/${one.name}</option>`)}
        </select>
      </label>`
    }
    <nav aria-label="Pages">
      ${link('overview', cluster === undefined ? '#/' : hrefOf(cluster, 'overview'), 'Overview')}
      ${cluster && link('cluster', hrefOf(cluster), 'Cluster')}
    </nav>
    <span class="tools">
      <span class="connection ${isConnected ? 'on' : 'off'}" role="status"
        >${isConnected ? 'live' : 'not connected'}</span
      >
      ${
        session.hasLogin &&
        html`<span class="user"
          >${session.name}${session.role === 'viewer' && session.name !== 'viewer' && html` <i>(viewer)</i>`}</span
        >`
      }
      <button type="button" class="quiet keys" title="Keys (?)" aria-label="Keys" onClick=${onHelp}>
        ?
      </button>
      <button
        type="button"
        class="quiet"
        title="Light, dark or as the system (t)"
        onClick=${() => setTheme(window.theme.next())}
      >
        <span class="hidden">Theme: </span><span aria-hidden="true">◐</span>
        <span class="theme">${theme}</span>
      </button>
      ${session.by === 'cookie' && html`<button type="button" class="quiet" onClick=${logOut}>Log out</button>`}
    </span>
  </header>`;
}

render(html`<${App} />`, document.body);
