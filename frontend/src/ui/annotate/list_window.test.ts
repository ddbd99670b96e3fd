import { describe, expect, it } from "vitest";
import { rowsInSight, scrollToRow } from "./list_window";

const ROW = 52;

describe("the rows of a long list", () => {
  it("are those in sight and six on either side", () => {
    expect(rowsInSight(1000, ROW, { above: 0, scrollTop: 100 * ROW, height: 10 * ROW })).toEqual({ from: 94, to: 116 });
  });

  it("end with the list", () => {
    expect(rowsInSight(1000, ROW, { above: 0, scrollTop: 0, height: 520 })).toEqual({ from: 0, to: 16 });
    expect(rowsInSight(1000, ROW, { above: 0, scrollTop: 990 * ROW, height: 520 })).toEqual({ from: 984, to: 1000 });
    expect(rowsInSight(3, ROW, { above: 0, scrollTop: 0, height: 520 })).toEqual({ from: 0, to: 3 });
    expect(rowsInSight(0, ROW, { above: 0, scrollTop: 0, height: 520 })).toEqual({ from: 0, to: 0 });
  });

  it("begin below what lies above them", () => {
    expect(rowsInSight(1000, ROW, { above: 20 * ROW, scrollTop: 0, height: 10 * ROW })).toEqual({ from: 0, to: 0 });
    expect(rowsInSight(1000, ROW, { above: 20 * ROW, scrollTop: 30 * ROW, height: ROW })).toEqual({ from: 4, to: 17 });
  });

  it("are none when the list was scrolled past its end, as after rows were deleted", () => {
    expect(rowsInSight(5, ROW, { above: 0, scrollTop: 900 * ROW, height: 520 })).toEqual({ from: 5, to: 5 });
  });
});

describe("a row that is chosen by keys", () => {
  it("comes into sight at the nearer end, and does not move when it is there", () => {
    const place = { above: 20, scrollTop: 10 * ROW, height: 4 * ROW };
    expect(scrollToRow(11, ROW, place)).toBeNull();
    expect(scrollToRow(3, ROW, place)).toBe(20 + 3 * ROW);
    expect(scrollToRow(20, ROW, place)).toBe(20 + 17 * ROW);
  });
});
