import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { ImagePlus, LoaderCircle, Trash2, UploadCloud } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { toast } from "sonner";

import { assetsQuery, assetUrl, deleteAsset, uploadAsset } from "@/api/campaigns";
import type { Asset } from "@/api/loop-types";
import { Confirm } from "@/components/confirm";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, plural } from "@/lib/format";
import { bytes, MAX_IMAGE_BYTES, ratioName, titleOf } from "@/lib/image";
import { may } from "@/lib/roles";
import { tell } from "@/lib/told";

import { BrandForm } from "./brand-form";

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
  const assets = useInfiniteQuery(assetsQuery(site.key));
  const rows = assets.data?.pages.flatMap((page) => page.rows) ?? [];
  const editor = may(me.role, "edit_campaigns");
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
          <Card>
            <LoadMore has={assets.hasNextPage} loading={assets.isFetchingNextPage} onMore={() => void assets.fetchNextPage()} shown={rows.length} what={rows.length === 1 ? "image" : "images"} />
          </Card>
        </>
      )}
    </>
  );
}

function Upload() {
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
        await uploadAsset(site.key, file, titleOf(file.name), "", crypto.randomUUID());
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
      className={cn("bg-card flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border border-dashed px-5 py-5 transition-colors", over ? "border-primary bg-accent-soft" : "border-border-strong")}
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
        <img src={assetUrl(asset.id)} alt={asset.text} loading="lazy" className="bg-muted aspect-square w-full object-cover transition-transform duration-300 group-hover:scale-[1.02]" />
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
        {asset.policy_flags.length > 0 ? (
          <p className="text-warning mt-1 text-xs text-pretty" title={asset.policy_flags.map((flag) => flag.message).join("\n")}>
            {plural(asset.policy_flags.length, "note")}: {asset.policy_flags[0]?.message}
          </p>
        ) : null}
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
