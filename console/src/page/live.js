// @ts-check
// One store, fed by server-sent events: topics that somebody shows, each a map of items.
import { refused } from './api.js';
import { useEffect, useState } from './html.js';

/**
 * @typedef {Record<string, any>} Item
 * @typedef {{items: Map<string, Item>, keysVersion: number, isKnown: boolean, users: number, listeners: Set<() => void>}} Topic
 */

/** @type {Map<string, Topic>} */
const topics = new Map();
/** @type {EventSource | undefined} */
let source;
let followed = '';
let isConnected = false;
/** When something came last, and when it was asked for; 0: never. */
let heardAtMs = 0;
let openedAtMs = 0;
/** @type {Set<() => void>} */
const watchers = new Set();
const RETRY_MS = 2_000;
/** An operator that has nothing to say says so every five seconds; see live/events.ts. */
const QUIET_MS = 13_000;

/** The items of a topic, shown anew with every change. @param {string} text */
export function useTopic(text) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const topic = topicOf(text);
    const listener = () => redraw((count) => count + 1);
    topic.users += 1;
    topic.listeners.add(listener);
    follow();
    listener();
    return () => {
      topic.users -= 1;
      topic.listeners.delete(listener);
      follow();
    };
  }, [text]);
  return topicOf(text);
}

/** Whether events come, and when the last one did; 0: never. */
export function useConnection() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((count) => count + 1);
    watchers.add(listener);
    return () => watchers.delete(listener);
  }, []);
  return { isConnected, heardAtMs };
}

/** @param {string} text @returns {Topic} */
function topicOf(text) {
  let topic = topics.get(text);
  if (topic === undefined) {
    topic = { items: new Map(), keysVersion: 0, isKnown: false, users: 0, listeners: new Set() };
    topics.set(text, topic);
  }
  return topic;
}

let isDue = false;
/** Once for all that changes in one go. */
function follow() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    const wanted = document.hidden ? [] : [...topics].filter(([, { users }]) => users > 0);
    const list = wanted.map(([text]) => text).sort();
    if (list.join() !== followed) open(list);
  }, 0);
}

/** @param {string[]} list */
function open(list) {
  followed = list.join();
  source?.close();
  source = undefined;
  for (const [text, { users }] of topics) if (users === 0) topics.delete(text);
  if (list.length === 0) return;
  const opened = new EventSource(`api/v1/events?topics=${list.map(encodeURIComponent).join()}`);
  source = opened;
  openedAtMs = Date.now();
  const on = (event, act) =>
    opened.addEventListener(event, ({ data }) => {
      if (source !== opened) return;
      heardAtMs = Date.now();
      connected(true);
      act(JSON.parse(data));
    });
  on('all', onAll);
  on('change', onChange);
  on('here', () => {});
  opened.onerror = () => {
    connected(false);
    // The browser tries again by itself, but not when it was refused.
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return;
    refused();
    setTimeout(() => {
      if (source === opened) open(list);
    }, RETRY_MS);
  };
}

/** @param {boolean} now */
function connected(now) {
  if (now === isConnected) return;
  isConnected = now;
  for (const watcher of watchers) watcher();
}

/** @param {{topic: string, items: Record<string, Item>}} message */
function onAll({ topic: text, items }) {
  const topic = topics.get(text);
  if (topic === undefined) return;
  topic.items = new Map(Object.entries(items));
  topic.keysVersion += 1;
  topic.isKnown = true;
  for (const listener of topic.listeners) listener();
}

/** @param {{topic: string, set: Record<string, Item>, gone: string[]}} message */
function onChange({ topic: text, set, gone }) {
  const topic = topics.get(text);
  if (topic === undefined) return;
  const items = new Map(topic.items);
  for (const key of gone) items.delete(key);
  // A new object for what changed: what did not is not drawn again.
  for (const [key, fields] of Object.entries(set)) items.set(key, { ...items.get(key), ...fields });
  // What is sorted by key need not be sorted again otherwise.
  if (gone.length > 0 || items.size !== topic.items.size) topic.keysVersion += 1;
  topic.items = items;
  for (const listener of topic.listeners) listener();
}

/** A connection that stays open and says nothing looks as if nothing happened. */
function watch() {
  const sinceMs = Date.now() - Math.max(heardAtMs, openedAtMs);
  if (source === undefined || sinceMs < QUIET_MS) return;
  connected(false);
  open(followed.split(','));
}
setInterval(watch, 1_000);

// Nobody looks: nothing needs to be told.
document.addEventListener('visibilitychange', follow);
