import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { useReturnFocus } from "@/hooks/use-return-focus";
import { cn } from "@/lib/cn";

import { Button } from "./button";

export const Dialog = Primitive.Root;
export const DialogTrigger = Primitive.Trigger;
export const DialogClose = Primitive.Close;

/** A dialog in the middle of the page; on a phone it rises from the bottom edge. */
export function DialogContent({
  title,
  description,
  className,
  children,
  ...props
}: Omit<ComponentProps<typeof Primitive.Content>, "title"> & { title: ReactNode; description?: ReactNode }) {
  const focus = useReturnFocus();
  return (
    <Primitive.Portal>
      <Primitive.Overlay className="data-[state=open]:animate-in data-[state=closed]:animate-out data-[state=closed]:fade-out-0 data-[state=open]:fade-in-0 fixed inset-0 z-50 bg-black/40" />
      <Primitive.Content
        data-slot="dialog-content"
        {...focus}
        {...(description ? {} : { "aria-describedby": undefined })}
        className={cn(
          "bg-popover text-popover-foreground shadow-pop data-[state=open]:animate-in data-[state=closed]:animate-out data-[state=closed]:fade-out-0 data-[state=open]:fade-in-0 data-[state=open]:slide-in-from-bottom-2 thin-scroll fixed inset-x-0 bottom-0 z-50 max-h-[92svh] w-full overflow-y-auto rounded-t-xl p-5 outline-none duration-150 sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:w-[min(30rem,calc(100vw-2rem))] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-xl",
          className,
        )}
        {...props}
      >
        <div className="mb-4 pr-8">
          <Primitive.Title className="text-base leading-6 font-semibold">{title}</Primitive.Title>
          {description ? <Primitive.Description className="text-muted-foreground mt-1 text-[0.8125rem] text-pretty">{description}</Primitive.Description> : null}
        </div>
        {children}
        <Primitive.Close asChild>
          <Button variant="ghost" size="icon-sm" className="text-muted-foreground absolute top-4 right-4" aria-label="Close">
            <X />
          </Button>
        </Primitive.Close>
      </Primitive.Content>
    </Primitive.Portal>
  );
}

export function DialogFooter({ className, ...props }: ComponentProps<"div">) {
  return <div className={cn("mt-5 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end", className)} {...props} />;
}
