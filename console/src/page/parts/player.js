// @ts-check
// Plays a stream by FLV or HLS. The players are loaded when somebody plays.
import { html, useEffect, useRef, useState } from '../html.js';
import { useClock } from './basics.js';

/** @type {Map<string, Promise<void>>} */
const scripts = new Map();

/** @param {string} file below vendor/ */
function loadScript(file) {
  const present = scripts.get(file);
  if (present !== undefined) return present;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `vendor/${file}`;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error('The player could not be loaded.'));
    document.head.append(script);
  });
  scripts.set(file, loaded);
  return loaded;
}

/** @param {HTMLVideoElement} video @param {string} url @param {(text: string) => void} onError */
async function startFlv(video, url, onError) {
  await loadScript('mpegts.js');
  const { mpegts } = window;
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url },
    { enableStashBuffer: false, liveBufferLatencyChasing: true },
  );
  player.on(mpegts.Events.ERROR, (_kind, detail) => onError(`The stream broke off (${detail}).`));
  player.attachMediaElement(video);
  player.load();
  return () => player.destroy();
}

/** @param {HTMLVideoElement} video @param {string} url @param {(text: string) => void} onError */
async function startHls(video, url, onError) {
  await loadScript('hls.js');
  const player = new window.Hls();
  player.on(
    window.Hls.Events.ERROR,
    (_event, { fatal, details }) => fatal && onError(`The stream broke off (${details}).`),
  );
  player.loadSource(url);
  player.attachMedia(video);
  return () => player.destroy();
}

/** @param {{stream: string, endpoints: any, poster: string | undefined}} props */
export function Player({ stream, endpoints, poster }) {
  const video = useRef(null);
  const [format, setFormat] = useState('');
  const [error, setError] = useState('');
  useEffect(() => {
    if (format === '' || endpoints === undefined) return undefined;
    let stop = () => {};
    let isOver = false;
    setError('');
    const start = format === 'FLV' ? startFlv : startHls;
    start(
      video.current,
      `${baseOf(endpoints)}/${stream}.${format === 'FLV' ? 'flv' : 'm3u8'}`,
      setError,
    )
      .then((started) => {
        stop = started;
        if (isOver) stop();
        else video.current.play().catch(() => undefined);
      })
      .catch(({ message }) => setError(message));
    return () => {
      isOver = true;
      stop();
    };
  }, [format, stream, endpoints?.http, endpoints?.https]);
  return html`<div class="player">
    <video
      ref=${video}
      controls
      muted
      playsinline
      poster=${poster}
      aria-label=${`Picture of ${stream}`}
    ></video>
    <div class="buttons" role="group" aria-label="Play">
      ${['FLV', 'HLS'].map(
        (one) =>
          html`<button
            type="button"
            aria-pressed=${format === one}
            aria-label=${`Play ${one} of ${stream}`}
            onClick=${() => setFormat(one)}
          >
            Play ${one}
          </button>`,
      )}
      ${format !== '' && html`<button type="button" onClick=${() => setFormat('')}>Stop</button>`}
      ${format !== '' && html`<${Playback} video=${video} />`}
    </div>
    ${error && html`<p class="error" role="alert">${error}</p>`}
  </div>`;
}

/** A page by HTTPS may play nothing that is not encrypted. @param {any} endpoints */
function baseOf(endpoints) {
  const port = location.protocol === 'https:' && endpoints.https ? endpoints.https : endpoints.http;
  return `${location.protocol}//${location.hostname}:${port}`;
}

/** What the browser says of how it goes. @param {{video: any}} props */
function Playback({ video }) {
  useClock(500);
  const element = video.current;
  if (element === null) return null;
  const { totalVideoFrames = 0, droppedVideoFrames = 0 } =
    element.getVideoPlaybackQuality?.() ?? {};
  const { buffered, currentTime } = element;
  const ahead = buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  return html`<span class="note" data-frames=${totalVideoFrames}>
    ${totalVideoFrames} pictures, ${droppedVideoFrames} dropped, ${ahead.toFixed(1)} s buffered
  </span>`;
}
