/** Of a player that is loaded, as far as the page uses it: see page/parts/player.js. */
interface LoadedPlayer {
  load(): void;
  loadSource(url: string): void;
  attachMedia(video: HTMLVideoElement): void;
  attachMediaElement(video: HTMLVideoElement): void;
  on(event: string, listener: (...told: never[]) => void): void;
  destroy(): void;
}

/** What scripts of the page that are no modules leave behind. */
interface Window {
  readonly theme: { readonly name: string; next(): string };
  readonly mpegts: {
    readonly Events: Record<'ERROR', string>;
    createPlayer(source: object, options: object): LoadedPlayer;
  };
  readonly Hls: { readonly Events: Record<'ERROR', string>; new (): LoadedPlayer };
}
