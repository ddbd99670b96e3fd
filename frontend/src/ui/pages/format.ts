/** Numbers, sizes and times as the pages write them. */
const whole = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function number(value: number): string {
  return whole.format(value);
}

/** "12.3", and "–" where there is nothing to measure. */
export function decimal(value: number | null): string {
  return value === null ? "–" : oneDigit.format(value);
}

export function seconds(value: number | null): string {
  return value === null ? "–" : `${oneDigit.format(value)} s`;
}

/** A share of 0 to 1 in whole percent. */
export function percent(value: number | null): string {
  return value === null ? "–" : `${Math.round(value * 100)} %`;
}

/** "1 image", "2 images". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return unit === 0
    ? counted(value, "byte")
    : `${size < 10 ? oneDigit.format(size) : whole.format(Math.round(size))} ${units[unit]}`;
}

/** "2 h 5 min", "14 min", "40 s". */
export function duration(totalSeconds: number): string {
  if (totalSeconds < 60) return `${Math.round(totalSeconds)} s`;
  const minutes = Math.round(totalSeconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function moment(instant: string): string {
  return new Date(instant).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
