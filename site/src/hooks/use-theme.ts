import { useSyncExternalStore } from "react";

import { isDark, readTheme, subscribeTheme, type Theme, writeTheme } from "@/lib/theme";

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribeTheme, readTheme), writeTheme];
}

export function useIsDark(): boolean {
  return useSyncExternalStore(subscribeTheme, isDark);
}
