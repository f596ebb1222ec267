// The page: polls the JSON API, lists streams and workers, plays one stream.
// Names come from publishers, so text is only ever set as text.

const POLL_MS = 2000;
const byId = (id) => document.getElementById(id);
let playing;
/** Name of the stream whose workers are shown. */
let looked;

async function getJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** Text of a cell, or a node that is made once and stays. */
function cell(content, className = '') {
  return { content, className };
}

function fill(td, { content, className }) {
  if (td.className !== className) td.className = className;
  if (typeof content === 'function') {
    if (!td.hasChildNodes()) td.append(content());
    return;
  }
  const text = String(content ?? '');
  if (td.textContent !== text) td.textContent = text;
}

/** Rows stay where they are while their key does: a press or the focus on a
 * button outlives a refresh. */
function show(tbody, rows) {
  const present = new Map([...tbody.rows].map((tr) => [tr.dataset.key, tr]));
  const wanted = rows.map(({ key, cells }) => {
    const tr = present.get(key) ?? document.createElement('tr');
    tr.dataset.key = key;
    cells.forEach((one, index) => fill(tr.cells[index] ?? tr.insertCell(), one));
    return tr;
  });
  const kept = new Set(wanted);
  for (const tr of present.values()) if (!kept.has(tr)) tr.remove();
  wanted.forEach((tr, index) => {
    if (tbody.rows[index] !== tr) tbody.insertBefore(tr, tbody.rows[index] ?? null);
  });
}

const count = (items, noun) => `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
const megabits = (bitsPerSecond) => (bitsPerSecond / 1e6).toFixed(2);

function describeTrack(track) {
  if (!track) return '–';
  if (track.kind === 'video') return `${track.codec} ${track.width}×${track.height}`;
  return `${track.codec} ${track.sampleRate} Hz`;
}

function button(text, label, onclick) {
  const made = document.createElement('button');
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.onclick = onclick;
  return made;
}

function streamButtons({ name }, endpoints) {
  const span = document.createElement('span');
  for (const format of ['FLV', 'HLS']) {
    span.append(button(format, `Play ${name} as ${format}`, () => play(name, format, endpoints)));
  }
  span.append(button('Workers', `Show the workers of ${name}`, () => look(name)));
  return span;
}

function streamRow(stream, endpoints) {
  const track = (kind) => describeTrack(stream.tracks.find((one) => one.kind === kind));
  const cells = [
    cell(stream.name),
    cell(stream.state, stream.state),
    cell(track('video')),
    cell(track('audio')),
    cell(megabits(stream.bitsPerSecond), 'number'),
    cell(stream.viewers, 'number'),
    cell(stream.home),
    cell(stream.replicas.length, 'number'),
    cell(stream.ingest),
    cell(() => streamButtons(stream, endpoints)),
  ];
  return { key: stream.name, cells };
}

const ACCEPTING = { Yes: 'yes', Steered: 'not for now', No: 'no' };

function workerRow(worker) {
  const cells = [
    cell(worker.id),
    cell(worker.state, worker.state),
    cell(worker.cpus.join(', ')),
    cell(`${Math.round(worker.loopUtilization * 100)} %`, 'number'),
    cell(`${worker.loadOverMean.toFixed(2)} ×`, 'number'),
    cell(ACCEPTING[worker.accepting]),
    cell(worker.streams, 'number'),
    cell(worker.viewers, 'number'),
    cell(megabits(worker.bytesInPerSecond * 8), 'number'),
    cell(megabits(worker.bytesOutPerSecond * 8), 'number'),
    cell(worker.tickLagMs.toFixed(1), 'number'),
  ];
  return { key: worker.id, cells };
}

const ago = (unixMs) => `${Math.max(0, Math.round((Date.now() - unixMs) / 1000))} s ago`;

/** The tree of workers as rows, each below the one that it pulls from. */
function treeRows(nodes, depth = 0) {
  return nodes.flatMap(({ worker, role, viewers, pulledBy }) => {
    const indent = depth === 0 ? '' : `${'\u2003'.repeat(depth - 1)}└ `;
    const cells = [cell(indent + worker), cell(role), cell(viewers, 'number')];
    return [{ key: worker, cells }, ...treeRows(pulledBy, depth + 1)];
  });
}

function planRow({ id, unixMs, summary, done, total, before, after }) {
  const cells = [
    cell(ago(unixMs)),
    cell(summary || 'newcomers steered'),
    cell(`${done} of ${total}`, 'number'),
    cell(`${before.maxOverMean.toFixed(2)} × → ${after.maxOverMean.toFixed(2)} ×`, 'number'),
  ];
  return { key: id, cells };
}

function showBalance({ mode, plan, running, steeredOff, recent }) {
  const parts = [
    `Mode ${mode}`,
    plan === null ? 'no plan yet' : `${plan.reason}: ${plan.message}`,
    `${count(running, 'change')} running`,
  ];
  if (steeredOff.length > 0) parts.push(`newcomers kept from ${steeredOff.join(', ')}`);
  byId('balance').textContent = `${parts.join('; ')}.`;
  byId('plans-table').hidden = recent.length === 0;
  show(byId('plans'), recent.map(planRow));
}

function look(name) {
  looked = name;
  byId('stream').hidden = false;
  byId('stream-title').textContent = `Workers of ${name}`;
  byId('stream-status').textContent = 'Loading …';
  show(byId('tree'), []);
}

async function showLooked(base) {
  if (looked === undefined) return;
  const name = looked;
  const path = name.split('/').map(encodeURIComponent).join('/');
  const response = await fetch(`${base}/streams/${path}`);
  if (name !== looked) return;
  if (!response.ok) {
    byId('stream-status').textContent = 'It is not published any more.';
    show(byId('tree'), []);
    return;
  }
  const { decision, tree } = await response.json();
  byId('stream-status').textContent =
    decision === null
      ? 'Why it is served there is not known.'
      : `${decision.kind}, ${decision.outcome}, ${ago(decision.unixMs)}: ${decision.why}.`;
  show(byId('tree'), treeRows(tree));
}

function stop() {
  playing?.destroy();
  playing = undefined;
}

function startFlv(video, url) {
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url },
    { enableStashBuffer: false },
  );
  player.attachMediaElement(video);
  player.load();
  return player;
}

function startHls(video, url) {
  const player = new Hls();
  player.loadSource(url);
  player.attachMedia(video);
  return player;
}

function play(name, format, endpoints) {
  stop();
  const video = byId('video');
  byId('player').hidden = false;
  byId('player-title').textContent = `${name} as ${format}`;
  const isSecure = location.protocol === 'https:';
  // A page by HTTPS may play nothing that is not encrypted.
  const port = isSecure && endpoints.https ? endpoints.https : endpoints.http;
  const base = `${location.protocol}//${location.hostname}:${port}/${name}`;
  playing = format === 'FLV' ? startFlv(video, `${base}.flv`) : startHls(video, `${base}.m3u8`);
  video.play().catch(() => undefined);
}

function showPlayer() {
  const video = byId('video');
  if (!playing) return;
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  const behind = video.buffered.length
    ? video.buffered.end(video.buffered.length - 1) - video.currentTime
    : 0;
  byId('player-status').textContent =
    `${totalVideoFrames} frames, ${droppedVideoFrames} dropped, at ${video.currentTime.toFixed(1)} s, ` +
    `${behind.toFixed(1)} s buffered`;
}

async function refresh() {
  const { items: clusters } = await getJson('api/v1/clusters');
  const [cluster] = clusters;
  if (!cluster) return;
  const base = `api/v1/clusters/${cluster.namespace}/${cluster.name}`;
  const [streams, workers, rebalance] = await Promise.all([
    getJson(`${base}/streams`),
    getJson(`${base}/workers`),
    getJson(`${base}/rebalance`),
    showLooked(base),
  ]);
  show(
    byId('streams'),
    streams.items.map((stream) => streamRow(stream, cluster.endpoints)),
  );
  show(byId('workers'), workers.items.map(workerRow));
  showBalance(rebalance);
  byId('no-streams').hidden = streams.items.length > 0;
  byId('publish-url').textContent =
    `rtmp://${location.hostname}:${cluster.endpoints.rtmp}/live/NAME`;
  byId('summary').textContent =
    `${cluster.namespace}/${cluster.name}: ${cluster.status.phase}, ` +
    `${count(workers.items, 'worker')}, ${count(streams.items, 'stream')}`;
}

async function poll() {
  try {
    await refresh();
  } catch (error) {
    byId('summary').textContent = `The operator does not answer: ${error.message}`;
  }
  setTimeout(poll, POLL_MS);
}

setInterval(showPlayer, 250);
poll();
