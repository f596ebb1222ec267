/** One real node. */
export class Node {
  readonly name: string = '';
  async loadImage(_archive: string): Promise<void> {}
}
