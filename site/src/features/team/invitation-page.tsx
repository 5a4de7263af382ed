import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { LoaderCircle, MailX } from "lucide-react";
import { useEffect, useState } from "react";

import { ApiError, describe } from "@/api/problem";
import { acceptInvitation, invitationQuery } from "@/api/team";
import { Field } from "@/components/field";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/states/error";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { Logo } from "@/features/shell/logo";

/** The shortest password the API takes. */
const SHORTEST = 8;

const article = (role: string) => `${/^a/.test(role) ? "an" : "a"} ${role}`;

export function InvitationPage() {
  const { token } = useSearch({ from: "/invitation" });
  const router = useRouter();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const shown = useQuery({ ...invitationQuery(token ?? ""), enabled: token !== undefined });
  const has = shown.data?.has_account ?? false;
  useEffect(() => {
    document.title = "Invitation · Adroit";
  }, []);
  const join = useMutation({
    mutationFn: () => acceptInvitation({ token: token ?? "", name: has ? null : name.trim(), password }),
    onSuccess: async () => {
      queryClient.clear();
      await router.invalidate();
      router.history.push("/");
    },
  });
  const problem = join.error ? describe(join.error) : null;
  const fields = join.error instanceof ApiError ? join.error.fields : [];
  const at = (field: string) => fields.find((one) => one.field.replace(/^\//, "") === field)?.detail;
  const short = has ? password === "" : password.length < SHORTEST;
  return (
    <main className="relative grid min-h-svh place-items-center overflow-hidden px-4 py-10">
      <div aria-hidden className="absolute inset-x-0 top-0 h-[28rem] [background:radial-gradient(46rem_24rem_at_50%_-6rem,var(--accent-soft),transparent)]" />
      <div className="relative w-full max-w-[22rem]">
        <div className="mb-7 flex flex-col items-center text-center">
          <Logo className="mb-4 size-10" />
          <h1 className="text-xl font-semibold text-balance">{shown.data ? `Join ${shown.data.tenant}` : "You are invited to Adroit"}</h1>
          <p className="text-muted-foreground mt-1 min-h-5 text-sm text-pretty">
            {shown.data
              ? has
                ? `As ${article(shown.data.role)}, with the account of ${shown.data.email}. Enter its password.`
                : `As ${article(shown.data.role)}, with ${shown.data.email}. Choose a password and you are in.`
              : ""}
          </p>
        </div>
        {token && shown.isError ? (
          <div className="bg-card shadow-card rounded-xl border">
            <ErrorState error={shown.error} {...(shown.error instanceof ApiError && shown.error.status > 0 && shown.error.status < 500 ? {} : { onRetry: () => void shown.refetch() })} />
          </div>
        ) : token && shown.isPending ? (
          <div role="status" aria-label="Loading">
            <Skeleton className="h-56 w-full rounded-xl" />
          </div>
        ) : token ? (
          <form
            noValidate
            className="bg-card shadow-card space-y-4 rounded-xl border p-5"
            onSubmit={(event) => {
              event.preventDefault();
              setTried(true);
              if (!join.isPending && !short && (has || name.trim() !== "")) join.mutate();
            }}
          >
            {has ? null : (
              <Field label="Your name" error={at("name") ?? (tried && name.trim() === "" ? "Colleagues see it beside what you do." : undefined)}>
                {(control) => <Input {...control} name="name" autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} className="h-9" />}
              </Field>
            )}
            <Field
              label="Password"
              hint={has ? undefined : `At least ${SHORTEST} characters.`}
              error={at("password") ?? (tried && short ? (has ? "Enter the password you sign in with." : `${password.length} of ${SHORTEST} characters so far.`) : undefined)}
            >
              {(control) => <Input {...control} type="password" name="password" autoComplete={has ? "current-password" : "new-password"} value={password} onChange={(event) => setPassword(event.target.value)} className="h-9" />}
            </Field>
            {problem && fields.every((one) => !["name", "password"].includes(one.field.replace(/^\//, ""))) ? (
              <div role="alert" className="bg-destructive-soft text-destructive rounded-md px-3 py-2 text-[0.8125rem]">
                <p className="font-medium">{problem.title}</p>
                <p className="text-pretty">
                  <Words text={problem.detail} />
                </p>
              </div>
            ) : null}
            <Button type="submit" size="lg" className="h-9 w-full" disabled={join.isPending}>
              {join.isPending ? <LoaderCircle className="animate-spin" /> : null} Join
            </Button>
          </form>
        ) : (
          <div role="alert" className="bg-card shadow-card rounded-xl border p-6 text-center">
            <MailX aria-hidden className="text-muted-foreground mx-auto mb-3 size-5" />
            <p className="text-sm font-semibold">This link is not complete</p>
            <p className="text-muted-foreground mt-1 text-[0.8125rem] text-pretty">Copy the whole of it from the message you were sent, or ask for a new one.</p>
          </div>
        )}
        <p className="text-muted-foreground mt-4 text-center text-[0.8125rem]">
          <Link to="/login" className="focus-ring text-link rounded-sm hover:underline">
            Sign in instead
          </Link>
        </p>
      </div>
    </main>
  );
}
