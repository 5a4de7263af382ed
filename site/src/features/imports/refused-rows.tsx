import type { ImportDetail } from "@/api/imports";
import { Words } from "@/components/words";
import { count, plural } from "@/lib/format";

import { unlisted } from "./kinds";

/** The rows an import left out, and why. */
export function RefusedRows({ detail }: { detail: ImportDetail }) {
  const more = unlisted(detail);
  return (
    <>
      <table aria-label="Refused rows" className="w-full text-left text-[0.8125rem]">
        <thead className="text-muted-foreground text-xs">
          <tr>
            <th scope="col" className="w-16 py-1.5 font-medium">
              Row
            </th>
            <th scope="col" className="w-28 py-1.5 font-medium sm:w-44">
              Column
            </th>
            <th scope="col" className="py-1.5 font-medium">
              What is wrong
            </th>
          </tr>
        </thead>
        <tbody>
          {detail.errors.map((error) => (
            <tr key={`${error.row} ${error.field} ${error.reason}`} className="align-top">
              <td className="tabular border-t py-1.5">{count(error.row)}</td>
              <td className="border-t py-1.5 pr-3 font-mono text-xs leading-5 break-words">{error.field}</td>
              <td className="border-t py-1.5 break-words">
                <Words text={error.reason} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 ? <p className="text-muted-foreground mt-2 text-xs">{plural(more, "more row was", "more rows were")} refused; mend these first and import the file again.</p> : null}
    </>
  );
}
