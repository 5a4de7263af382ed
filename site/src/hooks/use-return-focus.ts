import { useRef } from "react";

/** For a dialog that is opened by state rather than by a trigger of its own: once it is closed, one is where one was. */
export function useReturnFocus() {
  const opener = useRef<HTMLElement | null>(null);
  return {
    onOpenAutoFocus: () => {
      const here = document.activeElement;
      // A menu goes as the dialog comes: one was at what opened the menu.
      const menu = here?.closest("[role=menu]");
      const from = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : here;
      opener.current = from instanceof HTMLElement ? from : null;
    },
    onCloseAutoFocus: (event: Event) => {
      if (!opener.current?.isConnected) return;
      event.preventDefault();
      opener.current.focus();
    },
  };
}
