/** The web page, as files: the operator serves them (docs/architecture.md). */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Folder with index.html, style sheets and modules. */
export const pageRoot: string = fileURLToPath(new URL('./page', import.meta.url));

/** What the page loads of others, by the name under /vendor/ that it asks for. */
export const vendorFiles: Readonly<Record<string, string>> = {
  'mpegts.js': require.resolve('mpegts.js/dist/mpegts.js'),
  'hls.js': require.resolve('hls.js/dist/hls.min.js'),
  // The package names this one for bundlers only.
  'preact.js': path.join(path.dirname(require.resolve('htm')), '../preact/standalone.module.js'),
};
