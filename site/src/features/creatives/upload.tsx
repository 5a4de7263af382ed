import { useQueryClient } from "@tanstack/react-query";
import { LoaderCircle, UploadCloud } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { toast } from "sonner";

import { uploadAsset } from "@/api/campaigns";
import type { Asset } from "@/api/loop-types";
import { Button } from "@/components/ui/button";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { bytes, MAX_IMAGE_BYTES, titleOf } from "@/lib/image";
import { tell } from "@/lib/told";

/** Takes images by drop or by choice, one after the other, and says of each what became of it. */
export function Upload({ onAdded, compact = false }: { onAdded?: (asset: Asset) => void; compact?: boolean }) {
  const { site } = useScope();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const queryClient = useQueryClient();
  const [over, setOver] = useState(false);
  const [progress, setProgress] = useState<{ done: number; of: number } | null>(null);
  const take = async (list: FileList | null) => {
    const files = [...(list ?? [])];
    if (files.length === 0 || progress) return;
    let added = 0;
    for (const [index, file] of files.entries()) {
      setProgress({ done: index, of: files.length });
      if (file.size > MAX_IMAGE_BYTES) {
        toast.error(`${file.name} is too large`, { description: `It has ${bytes(file.size)}; at most ${bytes(MAX_IMAGE_BYTES)} are taken.` });
        continue;
      }
      try {
        onAdded?.(await uploadAsset(site.key, file, titleOf(file.name), "", crypto.randomUUID()));
        added += 1;
      } catch (error) {
        tell(error);
      }
    }
    setProgress(null);
    if (added > 0) toast.success(added === 1 ? "Image added" : `${added} images added`);
    await queryClient.invalidateQueries({ queryKey: ["assets"] });
  };
  const hover = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <section
      aria-label="Upload"
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={(event) => {
        hover(event, false);
        void take(event.dataTransfer.files);
      }}
      className={cn("bg-card flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border border-dashed transition-colors", compact ? "px-4 py-3" : "px-5 py-5", over ? "border-primary bg-accent-soft" : "border-border-strong")}
    >
      <span className="bg-muted text-muted-foreground grid size-10 shrink-0 place-items-center rounded-xl border">
        {progress ? <LoaderCircle aria-hidden className="size-5 animate-spin" /> : <UploadCloud aria-hidden className="size-5" strokeWidth={1.75} />}
      </span>
      <div className="min-w-0 flex-1 basis-52">
        <p role="status" className="text-sm font-semibold">
          {progress ? `Uploading ${progress.done + 1} of ${progress.of}…` : "Drop images here"}
        </p>
        <p className="text-muted-foreground text-[0.8125rem] text-pretty">JPEG, PNG, GIF or WebP, up to {bytes(MAX_IMAGE_BYTES)} each. What a file really is, is read from its bytes.</p>
      </div>
      <label htmlFor={id} className="sr-only">
        Image files
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        accept="image/jpeg,image/png,image/gif,image/webp"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          void take(event.target.files);
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()} disabled={progress !== null}>
        Choose files
      </Button>
    </section>
  );
}
