import type { MixFigure } from "@/api/planning";

/** A figure as a bar, with its interval across the end; `x` gives places in percent. */
export function IntervalBar({ figure, x, color }: { figure: MixFigure; x: (value: number) => number; color: string }) {
  return (
    <span aria-hidden className="bg-muted/70 relative block h-5 min-w-20 flex-1 rounded-sm">
      <span className="absolute inset-y-0 left-0 rounded-sm opacity-80" style={{ width: `${x(figure.mean)}%`, background: color }} />
      <span className="bg-foreground absolute top-1/2 h-0.5 -translate-y-1/2" style={{ left: `${x(figure.low)}%`, width: `${x(figure.high) - x(figure.low)}%` }} />
      {[figure.low, figure.high].map((end, at) => (
        <span key={at} className="bg-foreground absolute top-1/2 h-2.5 w-0.5 -translate-x-1/2 -translate-y-1/2" style={{ left: `${x(end)}%` }} />
      ))}
    </span>
  );
}
