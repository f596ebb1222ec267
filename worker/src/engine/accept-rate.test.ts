import { describe, expect, it } from 'vitest';
import { client, testEngine, until } from './testing/fixture.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const CLIENTS = 300;

describe('accept rate', () => {
  it('leaves the rest waiting in the kernel, loses nobody, and spares other listeners', async () => {
    const engine = testEngine();
    const accepted = { paced: 0, own: 0 };
    const listen = (kind: 'paced' | 'own'): number => {
      const onAccept = (): void => void (accepted[kind] += 1);
      const paced = kind === 'paced';
      return engine.listen({ host: '127.0.0.1', port: 0, reusePort: false, paced, onAccept }).port;
    };
    const [paced, own] = [listen('paced'), listen('own')];
    engine.setAcceptRate(100);
    for (let i = 0; i < CLIENTS; i += 1) client(paced);
    for (let i = 0; i < 50; i += 1) client(own);
    await until('those of the other listener', () => accepted.own === 50);
    expect(accepted.paced).toBeLessThan(100);
    const before = accepted.paced;
    await sleep(1000);
    const within = accepted.paced - before;
    expect(within).toBeGreaterThan(50);
    expect(within).toBeLessThan(150);
    engine.setAcceptRate(0);
    await until('everybody', () => accepted.paced === CLIENTS);
    expect(engine.stats().acceptErrorsTotal).toBe(0);
  });

  it('lets somebody in at the smallest rate, too', async () => {
    const engine = testEngine();
    let accepted = 0;
    const onAccept = (): void => void (accepted += 1);
    const listening = { host: '127.0.0.1', port: 0, reusePort: false, paced: true, onAccept };
    const { port } = engine.listen(listening);
    engine.setAcceptRate(2);
    for (let i = 0; i < 3; i += 1) client(port);
    await until('one', () => accepted === 1);
    engine.setAcceptRate(40);
    await until('all', () => accepted === 3);
  });
});
