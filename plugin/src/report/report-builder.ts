import { asPluginError } from '../errors.ts';
import type { ReportFile } from './archive.ts';
import type { Redactor } from './redactor.ts';

/** Something that could not be had. The report goes on without. */
export interface Gap {
  readonly path: string;
  readonly reason: string;
}

/** Collects what can be had; nothing gets in but through the redactor. */
export class ReportBuilder {
  readonly files: ReportFile[] = [];
  readonly gaps: Gap[] = [];
  private readonly redactor: Redactor;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
  }

  /** Resolves with what was got, undefined if nothing. */
  async json<Value>(path: string, load: () => Promise<Value>): Promise<Value | undefined> {
    const value = await this.attempt(path, load);
    if (value !== undefined) this.addJson(path, value);
    return value;
  }

  /** Metrics and the like. */
  async text(path: string, load: () => Promise<string>): Promise<void> {
    const text = await this.attempt(path, load);
    if (text !== undefined) this.files.push({ path, text: this.redactor.text(text) });
  }

  async log(path: string, load: () => Promise<string>): Promise<void> {
    const text = await this.attempt(path, load);
    if (text !== undefined) this.files.push({ path, text: this.redactor.log(text) });
  }

  addJson(path: string, value: unknown): void {
    const text = JSON.stringify(this.redactor.resource(value), undefined, 2);
    this.files.push({ path, text: `${text}\n` });
  }

  private async attempt<Value>(
    path: string,
    load: () => Promise<Value>,
  ): Promise<Value | undefined> {
    try {
      return await load();
    } catch (error) {
      this.gaps.push({ path, reason: this.redactor.text(asPluginError(error).message) });
      return undefined;
    }
  }
}
