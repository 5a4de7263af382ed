import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

/** Reads again whatever a change of a campaign shows in. */
export function useRefreshCampaigns(): () => Promise<void> {
  const queryClient = useQueryClient();
  return useCallback(async () => {
    await Promise.all(
      ["campaign", "campaigns", "approvals", "approval", "calendar", "diff", "history", "preflight"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
    );
  }, [queryClient]);
}
