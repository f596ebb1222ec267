import type { AnswerHandle, Binding } from './binding.ts';
import type { StandingAnswer } from './engine.ts';

/** The engine frees an answer once neither this nor a connection refers to it. */
export class NativeAnswer implements StandingAnswer {
  isSet = false;
  readonly #binding: Binding;
  readonly #handle: AnswerHandle | undefined;

  constructor(binding: Binding) {
    this.#binding = binding;
    this.#handle = binding.answerOpen();
  }

  /** Undefined: there was no memory, or the engine is closed. */
  static handleOf(answer: StandingAnswer): AnswerHandle | undefined {
    if (!(answer instanceof NativeAnswer)) throw new TypeError('not an answer of this engine');
    return answer.#handle;
  }

  set(bytes: Uint8Array | undefined): void {
    if (this.#handle === undefined) return;
    this.#binding.answerSet(this.#handle, bytes);
    this.isSet = bytes !== undefined;
  }
}
