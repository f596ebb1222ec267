import { describe, expect, it } from 'vitest';
import type { Sample } from '../measure/sample.ts';
import { measurementOf } from './deliver.ts';

const sample: Sample = {
  ...{ busy: 0.2, generatorBusy: 0.3, rssBytes: 1e8, seconds: 4, bytes: 990 },
  ...{ unitsPerSecond: 10, figures: { processShare: 0.1 }, callsPerUnit: undefined },
};

describe('measurementOf', () => {
  it('keeps what was measured and adds figures', () => {
    const measurement = measurementOf(sample, 1000, { figures: { sendTickMs: 20 } });
    expect(measurement).toMatchObject({ busy: 0.2, bytesDelivered: 990, expectedBytes: 1000 });
    expect(measurement.figures).toEqual({ processShare: 0.1, sendTickMs: 20 });
    expect(measurement.fault).toBeUndefined();
  });

  it('does not count a run that delivered less, or was found wrong otherwise', () => {
    expect(measurementOf(sample, 1020).fault).toBe('only 97.1 % of the bytes came');
    expect(measurementOf(sample, 1020, { fault: 'closed' }).fault).toBe('closed');
    expect(measurementOf(sample, 1000, { fault: 'closed' }).fault).toBe('closed');
  });
});
