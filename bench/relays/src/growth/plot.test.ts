import { describe, expect, test } from "vitest";
import { drawPlot, type Plot } from "./plot.ts";

const plot: Plot = {
  title: "Rooms & readers",
  xLabel: "rooms",
  yLabel: "CPU < 10 µs",
  series: [
    {
      label: "one",
      points: [
        [10, 5],
        [100, 50],
        [1000, 500],
      ],
    },
    {
      label: "two",
      points: [
        [10, 0],
        [100, 7],
        [1000, Number.NaN],
      ],
    },
  ],
  note: "a machine",
};

const count = (text: string, part: string): number => text.split(part).length - 1;

describe("a plot", () => {
  const picture = drawPlot(plot);

  test("says what it shows, with names that XML allows", () => {
    expect(picture).toContain("<title>Rooms &amp; readers: CPU &lt; 10 µs, by rooms</title>");
    expect(picture).toContain(">a machine</text>");
  });

  test("has a line, a point for each measurement, and a legend for each series", () => {
    // A point more for each in the legend; two have no place on a logarithmic axis.
    expect(count(picture, "<polyline")).toBe(2);
    expect(count(picture, "<circle")).toBe(3 + 1 + 2);
  });

  test("has a straight line for a power", () => {
    const [, points = ""] = /points="([^"]+)"/u.exec(picture) ?? [];
    const [a, b, c] = points.split(" ").map((pair) => pair.split(",").map(Number));

    expect((b?.[0] ?? 0) - (a?.[0] ?? 0)).toBeCloseTo((c?.[0] ?? 0) - (b?.[0] ?? 0), 0);
    expect((b?.[1] ?? 0) - (a?.[1] ?? 0)).toBeCloseTo((c?.[1] ?? 0) - (b?.[1] ?? 0), 0);
  });

  test("has numbers at the powers of ten", () => {
    for (const tick of [">10<", ">100<", ">1,000<"]) expect(picture).toContain(tick);
  });

  test("of nothing is still a picture", () => {
    expect(drawPlot({ ...plot, series: [] })).toContain("</svg>");
  });
});
