import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { ImagePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { assetsQuery, assetUrl, deleteAsset } from "@/api/campaigns";
import type { Asset } from "@/api/loop-types";
import { Confirm } from "@/components/confirm";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, count, plural } from "@/lib/format";
import { bytes, ratioName } from "@/lib/image";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";

import { BrandForm } from "./brand-form";
import { Upload } from "./upload";

const TABS = [
  { value: "images", label: "Images" },
  { value: "brand", label: "Brand" },
] as const;

export function CreativesPage() {
  const { site } = useScope();
  const { tab = "images" } = useSearch({ from: "/app/creatives" });
  const patch = usePatchSearch();
  return (
    <Page
      title="Creatives"
      description={tab === "images" ? "Pictures for ads. What is uploaded here can be chosen in every campaign." : `How ${site.name} speaks, and what it never says. Ads are checked against it, and agents write by it.`}
      actions={<Segmented label="View" value={tab} onChange={(next) => patch({ tab: next === "images" ? undefined : next })} segments={TABS} />}
    >
      {tab === "images" ? <Images /> : <BrandForm key={site.key} />}
    </Page>
  );
}

function Images() {
  const { site, me } = useScope();
  const assets = useQuery(assetsQuery(site.key));
  const rows = assets.data?.rows ?? [];
  const editor = allows(me, "edit_campaigns");
  return (
    <>
      {editor ? <Upload /> : null}
      {assets.isError ? (
        <Card>
          <ErrorState error={assets.error} onRetry={() => void assets.refetch()} />
        </Card>
      ) : assets.isPending ? (
        <div role="status" aria-label="Loading" className="grid grid-cols-2 gap-4 sm:grid-cols-3 xl:grid-cols-5">
          {Array.from({ length: 10 }, (_, card) => (
            <Skeleton key={card} className="aspect-[4/5] rounded-xl" />
          ))}
        </div>
      ) : rows.length === 0 ? (
        <Card>
          <NothingYet icon={ImagePlus} title="No images yet">
            {editor ? "Drop a few product pictures above. Square and wide ones (1.91:1) fit most places." : "Once somebody uploads pictures, they appear here."}
          </NothingYet>
        </Card>
      ) : (
        <>
          <ul className="grid grid-cols-2 gap-4 sm:grid-cols-3 xl:grid-cols-5">
            {rows.map((asset) => (
              <AssetCard key={asset.id} asset={asset} editor={editor} />
            ))}
          </ul>
          <p className="text-muted-foreground text-xs">{plural(rows.length, "image")}</p>
        </>
      )}
    </>
  );
}

function AssetCard({ asset, editor }: { asset: Asset; editor: boolean }) {
  const now = useNow();
  const queryClient = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteAsset(asset.id),
    onSuccess: () => {
      setLeaving(false);
      toast.success("Deleted");
    },
    onError: (error) => {
      setLeaving(false);
      tell(error);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["assets"] }),
  });
  return (
    <li className="group bg-card shadow-card relative overflow-hidden rounded-xl border">
      <a href={assetUrl(asset.id)} target="_blank" rel="noreferrer" className="focus-ring block -outline-offset-2" aria-label={`Open ${asset.title}`}>
        <img src={assetUrl(asset.id)} alt={asset.alt} loading="lazy" className="bg-muted aspect-square w-full object-cover transition-transform duration-300 group-hover:scale-[1.02]" />
      </a>
      <div className="px-3 py-2.5">
        <p className="truncate text-[0.8125rem] font-medium" title={asset.title}>
          {asset.title}
        </p>
        <p className="text-muted-foreground tabular flex items-center gap-1.5 text-xs">
          {count(asset.width)} × {count(asset.height)} <Badge variant="outline">{ratioName(asset.width, asset.height)}</Badge>
        </p>
        <p className="text-muted-foreground truncate text-xs">
          {bytes(asset.bytes)} · {ago(asset.created_at, now)}
        </p>
      </div>
      {editor ? (
        <Button
          variant="outline"
          size="icon-sm"
          aria-label={`Delete ${asset.title}`}
          className="absolute top-2 right-2 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
          onClick={() => setLeaving(true)}
        >
          <Trash2 />
        </Button>
      ) : null}
      <Confirm
        open={leaving}
        onOpenChange={setLeaving}
        title={`Delete ${asset.title}`}
        description="It can no longer be chosen. Campaigns that are live keep their copy at the channel."
        action="Delete"
        destructive
        pending={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
