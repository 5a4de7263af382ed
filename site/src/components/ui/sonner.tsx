import { Toaster as Sonner } from "sonner";

import { useIsDark } from "@/hooks/use-theme";

export function Toaster() {
  return (
    <Sonner
      theme={useIsDark() ? "dark" : "light"}
      position="bottom-right"
      toastOptions={{ classNames: { toast: "!bg-popover !text-popover-foreground !border-border !shadow-pop !font-sans !rounded-lg" } }}
    />
  );
}
