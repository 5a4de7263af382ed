import type { Comparison } from "@/api/types";
import { Channel } from "@/components/channel";
import { percent } from "@/lib/format";

/** Names that fit a screen beside each other; the rest is left out, and said to be. */
const MOST = 8;

const ENDS = { "(conversion)": "Order", "(null)": "Left" } as const;

/** The Markov chain of order 1 as a table: rows are what was touched, columns what came next, cells how likely. */
export function FlowTable({ comparison }: { comparison: Comparison }) {
  const { chain, rows } = comparison;
  const labels = rows.map((row) => ({
    name: [row.channel, row.source, row.campaign].filter((part) => part !== null && part !== "").join(" · "),
    channel: row.channel,
    shown: row.campaign ?? (row.source || row.channel),
    removal: row.removal_effect,
  }));
  const states = labels.slice(0, MOST);
  const next = new Map(chain.transitions.map((one) => [`${one.from}\u0000${one.to}`, one.probability]));
  const likely = (from: string, to: string) => next.get(`${from}\u0000${to}`) ?? 0;
  const columns = [...states.map((state) => ({ to: state.name, label: state.shown })), ...Object.entries(ENDS).map(([to, label]) => ({ to, label }))];
  const from = [{ name: "(start)", channel: null, shown: "Journey begins", removal: null }, ...states];
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard
    <div role="region" aria-label="What follows what" tabIndex={0} className="thin-scroll -mx-4 overflow-x-auto px-4 sm:-mx-5 sm:px-5">
      <table className="tabular w-full min-w-2xl border-separate border-spacing-0.5 text-xs" aria-label="Likelihood of the next touch">
        <thead>
          <tr className="text-muted-foreground">
            <th scope="col" className="bg-card sticky left-0 z-10 w-36 pb-1 text-left font-medium">
              After
            </th>
            {columns.map((column) => (
              <th key={column.to} scope="col" className="max-w-24 truncate px-1 pb-1 text-center font-medium" title={column.label}>
                {column.label}
              </th>
            ))}
            <th scope="col" className="pb-1 pl-3 text-right font-medium whitespace-nowrap" title="Share of orders lost if every journey through it ended there">
              Lost without it
            </th>
          </tr>
        </thead>
        <tbody>
          {from.map((state) => (
            <tr key={state.name}>
              <th scope="row" className="bg-card sticky left-0 z-10 max-w-36 truncate pr-2 text-left text-[0.8125rem] font-medium" title={state.shown}>
                {state.channel === state.shown ? <Channel name={state.shown} /> : state.shown}
              </th>
              {columns.map((column) => (
                <Cell key={column.to} likely={likely(state.name, column.to)} end={column.to in ENDS} />
              ))}
              <td className="pl-3 text-right">{state.removal === null ? "" : percent(state.removal, { digits: 0 })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {labels.length > states.length ? (
        <p className="text-muted-foreground mt-2 text-xs">
          The {states.length} with most credit of {labels.length}; what leads elsewhere is not shown.
        </p>
      ) : null}
    </div>
  );
}

function Cell({ likely, end }: { likely: number; end: boolean }) {
  // Shade by the root: most likelihoods are small, and their differences are what is looked for.
  const shade = Math.round(Math.sqrt(likely) * 62);
  const ink = end ? "var(--muted-foreground)" : "var(--primary)";
  return (
    <td className="h-8 min-w-14 rounded-sm text-center" style={{ background: `color-mix(in oklab, ${ink} ${shade}%, transparent)` }}>
      {likely >= 0.005 ? <span className={shade > 48 && !end ? "text-primary-foreground" : undefined}>{percent(likely, { digits: 0 })}</span> : <span className="text-muted-foreground">·</span>}
    </td>
  );
}
