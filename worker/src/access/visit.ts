import type { StreamName } from '../media/stream-name.ts';

export type VisitAction = 'publish' | 'play';
type VisitProtocol = 'rtmp' | 'flv' | 'ws-flv' | 'hls';

/** Somebody who wants to publish or play, as a protocol met him. */
export interface Visit {
  readonly action: VisitAction;
  readonly protocol: VisitProtocol;
  readonly name: StreamName;
  /** The client's, not that of a balancer which is trusted to tell it. */
  readonly address: string;
  readonly isEncrypted: boolean;
  /** Parameters behind the `?`, not decoded. May hold a token: never logged. */
  readonly query: string;
  /** Header `Authorization`; empty without. Never logged. */
  readonly authorization: string;
  /** Header `Cookie`; empty without. Never logged. */
  readonly cookie: string;
  /** What the client calls itself, by cleanUserAgent(); of RTMP its `flashVer`. */
  readonly userAgent: string;
  /** W3C Trace Context, `traceparent`, where it is one; else empty. */
  readonly traceParent: string;
}
