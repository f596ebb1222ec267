/** How names begin of what nodes make on this machine. */
export const LINK_PREFIX = 'sct';
export const CGROUP_PREFIX = 'streamcluster-';

export const PAUSE_IMAGE = 'docker.io/library/streamcluster-pause:e2e';
