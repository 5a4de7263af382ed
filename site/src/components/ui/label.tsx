import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

export function Label({ className, htmlFor, children, ...props }: ComponentProps<"label"> & { htmlFor: string }) {
  return (
    <label data-slot="label" htmlFor={htmlFor} className={cn("block text-[0.8125rem] font-medium", className)} {...props}>
      {children}
    </label>
  );
}
