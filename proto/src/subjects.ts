/** NATS subject of one worker's load reports; `*` for those of all. */
export function loadSubject(namespace: string, cluster: string, worker: string): string {
  return `sc.${namespace}.${cluster}.load.${worker}`;
}
