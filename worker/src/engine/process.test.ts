import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const NATIVE = new URL('./native.ts', import.meta.url).href;
const LOAD = new URL('./load.ts', import.meta.url).href;
const LIMIT_MS = 20_000;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the lines in a process of their own, with an engine as `engine`. */
function run(lines: string, shell = ''): Promise<Outcome> {
  const script = `
    import { createEngine, DEFAULT_ENGINE_OPTIONS } from '${NATIVE}';
    import net from 'node:net';
    const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, arenaBytes: 1 << 26 });
    ${lines}`;
  const node = [process.execPath, '--input-type=module', '--eval', script];
  const command = shell === '' ? node : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...node];
  const child = spawn(command[0] ?? '', command.slice(1), { timeout: LIMIT_MS });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

const ACCEPT = `
  const serve = (onData) => engine.listen({ host: '127.0.0.1', port: 0, reusePort: false,
    onAccept(c) { c.handler = { onData: (...a) => onData(c, ...a), onClose() {} }; } }).port;`;

describe('engine in a process', () => {
  it('lets the process end once it is closed, whatever is open', async () => {
    const { code, output } = await run(`${ACCEPT}
      const log = engine.createLog('flv');
      const closed = [];
      const port = serve((c) => {
        c.attachCursor(log, { position: 0 });
        c.write(Buffer.from('x'));
        c.end();
        engine.connect('127.0.0.1', port, { onData() {}, onClose: (r) => closed.push(r) });
        setTimeout(() => { engine.close(); engine.close(); engine.setTicks(20, 0); }, 50);
      });
      engine.connect('127.0.0.1', port, { onConnect() { this.c }, onData() {}, onClose: (r) => closed.push(r) })
        .write(Buffer.from('go'));
      process.on('exit', () => console.log('closed', closed.length));`);
    expect(output).toContain('closed 2');
    expect(code).toBe(0);
  });

  it('leaves nothing open when it cannot be opened', async () => {
    const { output } = await run(`
      const { readdirSync } = await import('node:fs');
      const open = () => readdirSync('/proc/self/fd').length;
      const before = open();
      const small = { ...DEFAULT_ENGINE_OPTIONS, arenaBytes: 4096 };
      for (let i = 0; i < 20; i += 1) {
        try { createEngine(small); } catch (error) { if (i === 0) console.log(error.message); }
      }
      console.log('left open:', open() - before);
      engine.close();`);
    expect(output).toContain('the arena is too small');
    expect(output).toContain('left open: 0');
  });

  it('is stopped by process.exit() with everything open', async () => {
    const { code, output } = await run(`${ACCEPT}
      const port = serve(() => process.exit(7));
      engine.connect('127.0.0.1', port, { onData() {}, onClose() {} }).write(Buffer.from('go'));`);
    expect(output).toBe('');
    expect(code).toBe(7);
  });

  it('ends the process loudly when a handler throws', async () => {
    const { code, output } = await run(`${ACCEPT}
      const port = serve(() => { throw new Error('handler broke'); });
      engine.connect('127.0.0.1', port, { onData() {}, onClose() {} }).write(Buffer.from('go'));`);
    expect(output).toContain('handler broke');
    expect(code).not.toBe(0);
  });

  it('handles the rest of the batch where uncaught exceptions are listened for', async () => {
    const { code, output } = await run(`${ACCEPT}
      let caught = 0, handled = 0;
      process.on('uncaughtException', () => { caught += 1; });
      const port = serve((c) => {
        handled += 1;
        if (handled === 40) setTimeout(() => { console.log(caught, handled); engine.close(); }, 20);
        if (handled % 2 === 0) throw new Error('every second one');
      });
      const clients = Array.from({ length: 40 }, () =>
        engine.connect('127.0.0.1', port, { onData() {}, onClose() {} }));
      for (const c of clients) c.write(Buffer.from('go'));`);
    expect(output.trim()).toBe('20 40');
    expect(code).toBe(0);
  });

  it('survives a lack of descriptors without spinning, and accepts again', async () => {
    const { code, output } = await run(
      `${ACCEPT}
      const port = serve((c, slab, start, end) => c.write(slab.subarray(start, end)));
      const clients = [];
      const open = () => new Promise((resolve) => {
        const s = net.connect(port, '127.0.0.1', () => resolve(s));
        s.on('error', () => resolve(undefined));
      });
      while (engine.stats().acceptErrorsTotal === 0) {
        const s = await open();
        if (s) clients.push(s);
      }
      const before = process.cpuUsage().user + process.cpuUsage().system;
      const errors = engine.stats().acceptErrorsTotal;
      await new Promise((r) => setTimeout(r, 500));
      const busyMs = (process.cpuUsage().user + process.cpuUsage().system - before) / 1000;
      const more = engine.stats().acceptErrorsTotal - errors;
      for (const s of clients.splice(0)) s.destroy();
      await new Promise((r) => setTimeout(r, 300));
      const again = await open();
      again.write('echo');
      again.once('data', (d) => {
        console.log(String(d), busyMs < 200, more < 20);
        again.destroy();
        engine.close();
      });`,
      'ulimit -n 64',
    );
    expect(output.trim()).toBe('echo true true');
    expect(code).toBe(0);
  });

  it('says in one sentence what to install when the build is missing or broken', async () => {
    const broken = path.resolve(import.meta.dirname, 'engine.ts');
    const { code, output } = await run(`
      const { loadAddon } = await import('${LOAD}');
      for (const file of ['/nonexistent/engine.node', '${broken}.node', '${broken}']) {
        try { loadAddon(file); } catch (error) { console.log(error.code, error.message); }
      }
      engine.close();`);
    const lines = output.trim().split('\n');
    expect(lines[0]).toMatch(/^ENGINE_MISSING .*install gcc, libc6-dev and make/);
    expect(output).toContain('ENGINE_BROKEN');
    expect(code).toBe(0);
  });

  it('pins, and names CPUs that are not there', async () => {
    const { output } = await run(`
      const all = engine.affinity();
      engine.pin([all[0]]);
      console.log(JSON.stringify(engine.affinity()) === JSON.stringify([all[0]]));
      const { readdirSync } = await import('node:fs');
      const helper = Number(readdirSync('/proc/self/task').find((id) => Number(id) !== process.pid));
      engine.pin([all.at(-1)], helper);
      console.log(engine.affinity()[0] === all[0], engine.affinity(helper)[0] === all.at(-1));
      console.log(engine.affinity(2 ** 30).length, 'of a thread that is gone');
      try { engine.pin([0], 2 ** 30); } catch (error) { console.log(error.cause); }
      try { engine.pin([1023]); } catch (error) { console.log(error.code, error.message); }
      engine.close();`);
    expect(output).toMatch(/^true\ntrue true\n0 of a thread that is gone\nESRCH\n/);
    expect(output).toMatch(/ENGINE_AFFINITY .*1023.*EINVAL/);
  });

  it('is idle when nothing happens', async () => {
    const { output } = await run(`${ACCEPT}
      const log = engine.createLog('flv');
      const port = serve((c) => c.write(Buffer.from('x')));
      engine.connect('127.0.0.1', port, { onData() {}, onClose() {} }).write(Buffer.from('go'));
      await new Promise((r) => setTimeout(r, 300));
      const before = process.cpuUsage();
      await new Promise((r) => setTimeout(r, 1000));
      const { user, system } = process.cpuUsage(before);
      console.log(user + system < 30_000 ? 'idle' : user + system);
      engine.close();`);
    expect(output.trim()).toBe('idle');
  });
});
