// Which rows of a long list are there: those in sight and a few around them. A thousand masks cost no more than twenty.

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Rows {
  readonly from: number;
  /** Not among them. */
  readonly to: number;
}

/** Rows beyond both edges, so that Tab and a quick turn of the wheel find a row. */
const AROUND = 6;

/** All in CSS pixels; `above` is what lies in the list above the first row. */
export function rowsInSight(
  count: number,
  rowHeight: number,
  { above, scrollTop, height }: { above: number; scrollTop: number; height: number },
): Rows {
  const first = Math.floor((scrollTop - above) / rowHeight) - AROUND;
  const last = Math.ceil((scrollTop - above + height) / rowHeight) + AROUND;
  const to = Math.min(count, Math.max(0, last));
  return { from: Math.min(to, Math.max(0, first)), to };
}

/** Where to scroll to so that a row is in sight; null when at least half of it is, as when the pointer is on it. */
export function scrollToRow(
  row: number,
  rowHeight: number,
  { above, scrollTop, height }: { above: number; scrollTop: number; height: number },
): number | null {
  const middle = above + (row + 0.5) * rowHeight;
  if (middle < scrollTop) return middle - rowHeight / 2;
  return middle > scrollTop + height ? middle + rowHeight / 2 - height : null;
}

/** Follows a scrolling list in which `count` rows of one height begin at the element `first`. */
export function useRowsInSight(
  list: RefObject<HTMLElement | null>,
  first: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): Rows {
  const [rows, setRows] = useState<Rows>({ from: 0, to: Math.min(count, 2 * AROUND) });
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const above = (first.current?.offsetTop ?? element.offsetTop) - element.offsetTop;
      const now = rowsInSight(count, rowHeight, { above, scrollTop: element.scrollTop, height: element.clientHeight });
      setRows((before) => (before.from === now.from && before.to === now.to ? before : now));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [list, first, count, rowHeight]);
  return rows;
}
