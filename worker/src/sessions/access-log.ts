import type { Logger } from 'pino';
import { parseTraceParent } from '../access/trace-parent.ts';
import type { Session } from './session.ts';

/** One line when a session begins, one with what it came to when it ends. No tokens: neither
 * parameters nor headers are told. */
export class AccessLog {
  private readonly log: Logger;

  constructor(log: Logger) {
    this.log = log;
  }

  began(session: Session): void {
    this.log.info(who(session), 'session began');
  }

  ended(session: Session, reason: string, nowUnixMs: number): void {
    const { control, startedUnixMs } = session;
    this.log.info(
      {
        ...who(session),
        reason,
        bytes: control.bytes,
        ...(control.areBytesEstimated === true && { areBytesEstimated: true }),
        skips: control.skips,
        durationMs: nowUnixMs - startedUnixMs,
      },
      'session ended',
    );
  }
}

function who({ id, visit, grant }: Session): object {
  const { action, protocol, name, address, isEncrypted, userAgent, traceParent } = visit;
  const base = { session: id, stream: name.key, action, protocol, remoteAddress: address };
  return {
    ...base,
    ...(isEncrypted && { isEncrypted }),
    ...(grant.subject !== '' && { subject: grant.subject }),
    ...(userAgent !== '' && { userAgent }),
    ...parseTraceParent(traceParent),
  };
}
