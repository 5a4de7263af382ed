/** Pictures: sizes and shapes in words. */

/** Largest image the API takes, bytes. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

/** "640 KB", "1.2 MB". */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`;
  const mega = size / (1024 * 1024);
  return `${mega >= 10 || Number.isInteger(mega) ? Math.round(mega) : mega.toFixed(1)} MB`;
}

const SHAPES: [string, number][] = [
  ["1:1", 1],
  ["4:5", 4 / 5],
  ["5:4", 5 / 4],
  ["9:16", 9 / 16],
  ["16:9", 16 / 9],
  ["4:3", 4 / 3],
  ["3:4", 3 / 4],
  ["3:2", 3 / 2],
  ["2:3", 2 / 3],
  ["1.91:1", 1.91],
];

/** The shape advertisers would call it, within two hundredths; else its ratio. */
export function ratioName(width: number, height: number): string {
  if (width <= 0 || height <= 0) return "–";
  const ratio = width / height;
  const known = SHAPES.map(([name, value]) => ({ name, off: Math.abs(ratio / value - 1) })).sort((a, b) => a.off - b.off)[0];
  if (known && known.off <= 0.02) return known.name;
  return ratio >= 1 ? `${Number(ratio.toFixed(2))}:1` : `1:${Number((1 / ratio).toFixed(2))}`;
}

/** A title made of a file's name: "sol-lamp_warm.JPG" → "sol lamp warm". */
export function titleOf(fileName: string): string {
  const bare = fileName.replace(/\.[a-z0-9]{2,5}$/i, "").replace(/[-_]+/g, " ").trim();
  return (bare || fileName).slice(0, 120);
}
