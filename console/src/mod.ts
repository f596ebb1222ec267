/** The web page, as files: the operator serves them (docs/architecture.md). */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Folder with index.html, app.js and style.css. */
export const pageRoot: string = fileURLToPath(new URL('./page', import.meta.url));

/** Players, by the name under /vendor/ that the page asks for. */
export const vendorFiles: Readonly<Record<string, string>> = {
  'mpegts.js': require.resolve('mpegts.js/dist/mpegts.js'),
  'hls.js': require.resolve('hls.js/dist/hls.min.js'),
};
