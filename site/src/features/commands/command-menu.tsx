import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { MessagesSquare, Monitor, Moon, Search, Sun, UserSearch } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";

import { useReturnFocus } from "@/hooks/use-return-focus";
import { useTheme } from "@/hooks/use-theme";

import { GROUPS } from "@/features/shell/navigation";

const item =
  "data-[selected=true]:bg-accent flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-2 text-sm select-none [&_svg]:size-4 [&_svg]:text-muted-foreground";

/** Jump anywhere by keyboard: ⌘K. Loaded when it is first asked for. */
export function CommandMenu({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const navigate = useNavigate();
  const [, setTheme] = useTheme();
  const focus = useReturnFocus();
  const [typed, setTyped] = useState("");
  const close = () => {
    onOpenChange(false);
    setTyped("");
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? onOpenChange(true) : close())}>
      <Dialog.Portal>
        <Dialog.Overlay className="animate-in fade-in-0 fixed inset-0 z-50 bg-black/40" />
        <Dialog.Content
          aria-describedby={undefined}
          {...focus}
          className="fixed top-[16vh] left-1/2 z-50 w-[min(34rem,calc(100vw-1.5rem))] -translate-x-1/2 overflow-hidden rounded-xl bg-popover text-popover-foreground shadow-pop animate-in fade-in-0 zoom-in-98 duration-100"
        >
          <Dialog.Title className="sr-only">Command menu</Dialog.Title>
          <Command label="Command menu">
            <div className="flex items-center gap-2.5 border-b px-4">
              <Search aria-hidden className="text-muted-foreground size-4" />
              <Command.Input
                value={typed}
                onValueChange={setTyped}
                placeholder="Go to a page, find a customer…"
                className="placeholder:text-muted-foreground h-12 w-full bg-transparent text-sm outline-none"
              />
            </div>
            <Command.List className="thin-scroll [&_[cmdk-group-heading]]:text-muted-foreground max-h-80 overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium">
              <Command.Empty className="text-muted-foreground px-2.5 py-8 text-center text-sm">Nothing found</Command.Empty>
              <Command.Group heading="Pages">
                {GROUPS.flatMap((group) => group.entries).map(({ to, label, icon: Icon }) => (
                  <Command.Item
                    key={to}
                    className={item}
                    onSelect={() => {
                      close();
                      void navigate({ to });
                    }}
                  >
                    <Icon aria-hidden /> {label}
                  </Command.Item>
                ))}
              </Command.Group>
              {typed.trim() ? (
                <Command.Group heading="Assistant" forceMount>
                  <Command.Item
                    forceMount
                    value={`assistant ${typed}`}
                    className={item}
                    onSelect={() => {
                      close();
                      void navigate({ to: "/chat", search: { q: typed.trim() } });
                    }}
                  >
                    <MessagesSquare aria-hidden /> Say “{typed.trim()}” to the assistant
                  </Command.Item>
                </Command.Group>
              ) : null}
              {typed.trim() ? (
                <Command.Group heading="Customers" forceMount>
                  <Command.Item
                    forceMount
                    value={`customer ${typed}`}
                    className={item}
                    onSelect={() => {
                      close();
                      void navigate({ to: "/journeys", search: { q: typed.trim() } });
                    }}
                  >
                    <UserSearch aria-hidden /> Find “{typed.trim()}” in journeys
                  </Command.Item>
                </Command.Group>
              ) : null}
              <Command.Group heading="Theme">
                {(
                  [
                    ["system", "Follow the system", Monitor],
                    ["light", "Light", Sun],
                    ["dark", "Dark", Moon],
                  ] as const
                ).map(([value, label, Icon]) => (
                  <Command.Item
                    key={value}
                    className={item}
                    value={`theme ${label}`}
                    onSelect={() => {
                      setTheme(value);
                      close();
                    }}
                  >
                    <Icon aria-hidden /> {label}
                  </Command.Item>
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
