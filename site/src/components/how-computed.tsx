import { Info } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";

/** How figures are computed, with formulas, sources and limits, behind a button: docs/science.md says the same at length. */
export function HowComputed({ children }: { children: ReactNode }) {
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button variant="outline" className="text-[0.8125rem]">
          <Info /> How this is computed
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="max-h-[min(34rem,70vh)] w-[min(30rem,calc(100vw-2rem))] space-y-3 overflow-y-auto p-4 text-[0.8125rem] text-pretty">
        {children}
      </PopoverContent>
    </Popover>
  );
}
