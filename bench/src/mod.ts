/** The door for the end-to-end tests, and for whoever else writes tables and plots. */
export { CLIP_SMALL, loadClip } from './generator/clip.ts';
export type { Clip, ClipTag } from './generator/clip.ts';
export { ContentCheck } from './generator/content-check.ts';
export { TimedPublisher } from './generator/timed-publisher.ts';
export { table } from './measure/table.ts';
export { linePlot } from './report/line-plot.ts';
export type { Line, Plot, Point } from './report/line-plot.ts';
export { markdownTable } from './report/markdown-table.ts';
export type { CrowdReport } from './generator/checked-crowd.ts';
export { freePort } from './server/free-port.ts';
