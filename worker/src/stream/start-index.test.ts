import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StartIndex, type StartPoint } from './start-index.ts';

const CAPACITY = 8;

type Step = { readonly push: [number, number, number] } | { readonly trim: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      push: fc.tuple(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 0, max: 2_000 }),
      ),
    }),
    fc.record({ trim: fc.integer({ min: 0, max: 20_000 }) }),
  ),
  { maxLength: 60 },
);

function run(all: readonly Step[]): { index: StartIndex; model: StartPoint[] } {
  const index = new StartIndex(CAPACITY);
  let model: StartPoint[] = [];
  const at = { position: 0, sequence: 0, dtsMs: 0 };
  for (const step of all) {
    if ('trim' in step) {
      index.trim(step.trim);
      model = model.filter(({ position }) => position >= step.trim);
      continue;
    }
    at.position += step.push[0];
    at.sequence += step.push[1];
    at.dtsMs += step.push[2];
    index.push(at.position, at.sequence, at.dtsMs, at.dtsMs - 1);
    model = [...model, { ...at, floorDtsMs: at.dtsMs - 1 }].slice(-CAPACITY);
  }
  return { index, model };
}

it('is a list of the newest points, whatever is pushed and trimmed', () => {
  fc.assert(
    fc.property(steps, fc.nat(6_000), (all, wanted) => {
      const { index, model } = run(all);
      expect(index.size).toBe(model.length);
      expect(index.newest()).toEqual(model.at(-1));
      expect(index.oldest()).toEqual(model[0]);
      expect(index.newestPosition).toBe(model.at(-1)?.position ?? -1);
      expect([...index.byPosition().values()]).toEqual(model);
      expect(index.atOrBeforeSequence(wanted)).toEqual(
        model.findLast(({ sequence }) => sequence <= wanted),
      );
      expect(index.atOrBeforeDts(wanted)).toEqual(model.findLast(({ dtsMs }) => dtsMs <= wanted));
    }),
  );
});
