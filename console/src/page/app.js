// The page: polls the JSON API, lists streams and workers, plays one stream.
// Names come from publishers, so text is only ever set as text.

const POLL_MS = 2000;
const byId = (id) => document.getElementById(id);
let playing;

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

function playButtons(stream, endpoints) {
  const span = document.createElement('span');
  for (const format of ['FLV', 'HLS']) {
    const button = document.createElement('button');
    button.textContent = format;
    button.setAttribute('aria-label', `Play ${stream.name} as ${format}`);
    button.onclick = () => play(stream.name, format, endpoints);
    span.append(button);
  }
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
    cell(stream.ingest),
    cell(() => playButtons(stream, endpoints)),
  ];
  return { key: stream.name, cells };
}

function workerRow(worker) {
  const cells = [
    cell(worker.id),
    cell(worker.state, worker.state),
    cell(worker.cpus.join(', ')),
    cell(`${Math.round(worker.loopUtilization * 100)} %`, 'number'),
    cell(worker.streams, 'number'),
    cell(worker.viewers, 'number'),
    cell(megabits(worker.bytesInPerSecond * 8), 'number'),
    cell(megabits(worker.bytesOutPerSecond * 8), 'number'),
    cell(worker.tickLagMs.toFixed(1), 'number'),
  ];
  return { key: worker.id, cells };
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
  const [streams, workers] = await Promise.all([
    getJson(`${base}/streams`),
    getJson(`${base}/workers`),
  ]);
  show(
    byId('streams'),
    streams.items.map((stream) => streamRow(stream, cluster.endpoints)),
  );
  show(byId('workers'), workers.items.map(workerRow));
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
