/** How names begin of what nodes make on this machine. */
export const LINK_PREFIX = 'sct';
export const CGROUP_PREFIX = 'streamcluster-';
