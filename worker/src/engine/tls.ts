import { WorkerError } from '../errors.ts';
import type { EngineDoor } from './binding.ts';
import type { TlsContext, TlsOptions, TlsPair } from './engine.ts';

/** Of a listener that speaks plain TCP. */
const NO_TLS = 0;
/** TLS_ROOM_MIN_BYTES in tls.h. */
const SLAB_MIN_BYTES = 32768;

/** A set of certificates in the engine. */
export class NativeTls implements TlsContext {
  readonly #door: EngineDoor;
  readonly #id: number;

  constructor(door: EngineDoor, { certificates, protocols = [] }: TlsOptions) {
    if (door.memory.slab.length < SLAB_MIN_BYTES) throw new RangeError('slabBytes is too small');
    this.#door = door;
    this.#id = door.binding.tlsOpen(protocolList(protocols));
    if (this.#id === NO_TLS) throw new RangeError('too many protocols');
    this.replace(certificates);
  }

  static idOf(context: TlsContext | undefined): number {
    if (context === undefined) return NO_TLS;
    if (!(context instanceof NativeTls)) throw new TypeError('not a context of an engine');
    return context.#id;
  }

  replace(certificates: readonly TlsPair[]): void {
    const { binding, memory } = this.#door;
    const parts = certificates.flatMap(({ certificate, key }) => [certificate, key]);
    memory.results.set(parts.map((part) => part.length));
    const bytes = Buffer.concat(parts);
    const fault = binding.tlsReplace(this.#id, bytes, certificates.length);
    bytes.fill(0);
    if (fault === undefined) return;
    const place = (memory.results[0] ?? 0) + 1;
    throw new WorkerError('TLS_CERTIFICATE_INVALID', `certificate ${place}: ${fault}`);
  }
}

/** RFC 7301 section 3.1: each with its length in front. */
function protocolList(names: readonly string[]): Buffer {
  return Buffer.concat(
    names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`)),
  );
}
