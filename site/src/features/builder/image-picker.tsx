import { useQuery } from "@tanstack/react-query";
import { ImagePlus } from "lucide-react";

import { assetsQuery, assetUrl } from "@/api/campaigns";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { Upload } from "@/features/creatives/upload";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ratioName } from "@/lib/image";

/** Chooses one of the site's images, or takes a new one. */
export function ImagePicker({ open, onOpenChange, chosen, onChoose }: { open: boolean; onOpenChange: (open: boolean) => void; chosen: readonly string[]; onChoose: (id: string) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent title="Choose a picture" className="sm:w-[min(44rem,calc(100vw-2rem))]">
        {open ? <Images chosen={chosen} onChoose={onChoose} /> : null}
      </DialogContent>
    </Dialog>
  );
}

function Images({ chosen, onChoose }: { chosen: readonly string[]; onChoose: (id: string) => void }) {
  const { site } = useScope();
  const assets = useQuery(assetsQuery(site.key));
  const rows = assets.data?.rows ?? [];
  return (
    <div className="space-y-4">
      <Upload compact onAdded={(asset) => onChoose(asset.id)} />
      {assets.isError ? (
        <ErrorState error={assets.error} onRetry={() => void assets.refetch()} className="py-8" />
      ) : assets.isPending ? (
        <div role="status" aria-label="Loading" className="grid grid-cols-3 gap-3 sm:grid-cols-4">
          {[0, 1, 2, 3].map((card) => (
            <Skeleton key={card} className="aspect-square rounded-lg" />
          ))}
        </div>
      ) : rows.length === 0 ? (
        <NothingYet icon={ImagePlus} title="No images yet" className="py-8">
          Upload one above; it is kept under Creatives for other campaigns, too.
        </NothingYet>
      ) : (
        <>
          <ul className="grid grid-cols-3 gap-3 sm:grid-cols-4">
            {rows.map((asset) => (
              <li key={asset.id}>
                <button
                  type="button"
                  onClick={() => onChoose(asset.id)}
                  aria-label={`${asset.title}, ${asset.width} by ${asset.height}`}
                  aria-pressed={chosen.includes(asset.id)}
                  className={cn("focus-ring hover:border-border-strong block w-full overflow-hidden rounded-lg border text-left transition-colors", chosen.includes(asset.id) && "border-primary ring-primary/30 ring-2")}
                >
                  <img src={assetUrl(asset.id)} alt="" loading="lazy" className="bg-muted aspect-square w-full object-cover" />
                  <span className="block truncate px-2 pt-1 text-xs font-medium">{asset.title}</span>
                  <span className="text-muted-foreground block px-2 pb-1.5 text-2xs">
                    {asset.width} × {asset.height} · {ratioName(asset.width, asset.height)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
