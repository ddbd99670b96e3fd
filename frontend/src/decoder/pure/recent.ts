/** The values used last, at most `limit` of them. */
export class Recent<T> {
  private readonly entries = new Map<string, T>();

  constructor(private readonly limit: number) {}

  has(name: string): boolean {
    return this.entries.has(name);
  }

  get(name: string): T | undefined {
    const value = this.entries.get(name);
    if (value !== undefined) this.set(name, value);
    return value;
  }

  set(name: string, value: T): void {
    this.entries.delete(name);
    this.entries.set(name, value);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.limit) break;
      this.entries.delete(oldest);
    }
  }

  delete(name: string): void {
    this.entries.delete(name);
  }

  deleteWhere(condition: (value: T) => boolean): void {
    for (const [name, value] of this.entries) if (condition(value)) this.entries.delete(name);
  }

  /** The least recently used first. */
  values(): T[] {
    return [...this.entries.values()];
  }
}
