/** Callbacks for one event. */
export class Listeners {
  private readonly callbacks = new Set<() => void>();

  /** Returns how to stop listening. */
  add(callback: () => void): () => void {
    this.callbacks.add(callback);
    return () => void this.callbacks.delete(callback);
  }

  call(): void {
    for (const callback of [...this.callbacks]) callback();
  }
}
