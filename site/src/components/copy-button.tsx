import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";

import { Button } from "@/components/ui/button";

/** Copies a text; says so for two seconds. */
export function CopyButton({ text, label = "Copy", iconOnly = false }: { text: string; label?: string; iconOnly?: boolean }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast.error("The browser refused to copy", { description: "Select the text and copy it by keyboard." });
    }
  };
  return (
    <Button variant="outline" size={iconOnly ? "icon-sm" : "sm"} onClick={() => void copy()} aria-label={iconOnly ? label : undefined}>
      {copied ? <Check className="text-positive" /> : <Copy />}
      {iconOnly ? null : copied ? "Copied" : label}
      <span className="sr-only" role="status">
        {copied ? "Copied" : ""}
      </span>
    </Button>
  );
}
