import type { Fleet } from './fleet.ts';

/**
 * Tells when a report says something that reconciling acts upon. Most reports
 * bring only other figures, and with hundreds of workers they come all the time.
 */
export class ReportWatch {
  private readonly fleet: Fleet;
  private readonly onNews: () => void;
  private readonly last = new Map<string, string>();

  constructor(fleet: Fleet, onNews: () => void) {
    this.fleet = fleet;
    this.onNews = onNews;
  }

  look(id: string): void {
    const sighting = this.fleet.get(id);
    if (sighting === undefined) return;
    const { startedUnixMs, draining, appliedVersion, publishers } = sighting.report;
    const news = [startedUnixMs, draining, appliedVersion, publishers > 0].join();
    if (this.last.get(id) === news) return;
    this.last.set(id, news);
    this.onNews();
  }
}
