import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { followRun, type RunEvent } from "@/api/agents";

/** What a run's stream has told so far, while the run goes on and the component is on the page. */
export function useRunStream(id: string, active: boolean): RunEvent[] {
  const queryClient = useQueryClient();
  const [told, setTold] = useState<{ id: string; events: RunEvent[] }>({ id, events: [] });
  useEffect(() => {
    if (!active) return;
    return followRun(
      id,
      (event) => setTold((current) => ({ id, events: current.id === id ? [...current.events.filter((one) => one.number !== event.number), event] : [event] })),
      () => {
        for (const key of ["run", "runs", "proposals"]) void queryClient.invalidateQueries({ queryKey: [key] });
      },
    );
  }, [id, active, queryClient]);
  return told.id === id ? told.events : [];
}
